"""Permissions of auth; generated from module.yaml by `make generate`."""

SESSION_READ = "auth.session.read"
SESSION_REVOKE = "auth.session.revoke"
SIGNING_KEY_ROTATE = "auth.signing_key.rotate"
CREDENTIAL_INTROSPECT = "auth.credential.introspect"
