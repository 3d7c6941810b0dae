"""`/access/v1/evaluation` and `/access/v1/evaluations`."""

from typing import Annotated

from litestar import Controller, post

from fairlead.adapters.http.injection import FromDishka, inject
from fairlead.kernel.principal import Principal
from fairlead.services.authz.http.authzen.messages import (
    ACTION,
    RESOURCE,
    SUBJECT,
    TENANT,
    AnswerBody,
    AnswersBody,
    EvaluationBody,
    EvaluationsBody,
    json_like,
)
from fairlead.services.authz.use_cases.evaluations import Evaluate

ONE = json_like(subject=SUBJECT, action=ACTION, resource=RESOURCE)
SEVERAL = json_like(
    subject=SUBJECT,
    action=ACTION,
    evaluations=[{"resource": RESOURCE}, {"resource": TENANT}],
    options={"evaluations_semantic": "deny_on_first_deny"},
)


class EvaluationController(Controller):
    """Decides as the AuthZEN Authorization API 1.0 asks."""

    path = "/access/v1"
    tags = ("authzen",)

    @post("/evaluation", status_code=200)
    @inject
    async def evaluation(
        self,
        data: Annotated[EvaluationBody, ONE],
        who: FromDishka[Principal],
        evaluate: FromDishka[Evaluate],
    ) -> AnswerBody:
        """Tell whether a subject may do an action to a resource (AuthZEN 1.0)."""
        (answer,) = await evaluate(who, [data.question()])
        return AnswerBody.of(answer, data.action.name)

    @post("/evaluations", status_code=200)
    @inject
    async def evaluations(
        self,
        data: Annotated[EvaluationsBody, SEVERAL],
        who: FromDishka[Principal],
        evaluate: FromDishka[Evaluate],
    ) -> AnswersBody:
        """Tell it of several at once (AuthZEN 1.0)."""
        questions = data.questions()
        answers = await evaluate(who, questions, until=data.until())
        bodies = [
            AnswerBody.of(answer, question.action)
            for answer, question in zip(answers, questions, strict=False)
        ]
        if not data.evaluations:
            return AnswersBody(decision=bodies[0].decision, context=bodies[0].context)
        return AnswersBody(evaluations=bodies)
