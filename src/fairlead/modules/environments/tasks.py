"""What environments hear from other modules."""

from fairlead.adapters.bus.part import Subscription, SubscriptionPart
from fairlead.modules.environments.use_cases import RemoveProject
from fairlead.modules.projects.public import ProjectDeleted

SUBSCRIPTIONS = SubscriptionPart(
    subscriptions=(
        Subscription(
            name="environments.remove_what_deleted_projects_had",
            event=ProjectDeleted,
            handler=RemoveProject,
        ),
    )
)
