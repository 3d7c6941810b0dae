"""Who may do what, where: roles and scoped bindings, decided in process."""
