"""Who may do what, and where: roles, bindings, and the decision itself.

The decision is made in process from bindings held in memory; `Authorizer` in
`public.py` is what every use case asks first.
"""
