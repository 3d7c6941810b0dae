"""The stores of authz in memory, for tests."""

from fairlead.services.authz.memory.bindings import MemoryBindingStore
from fairlead.services.authz.memory.groups import MemoryGroupStore
from fairlead.services.authz.memory.holders import MemoryHolderStore
from fairlead.services.authz.memory.policies import MemoryPolicyStore
from fairlead.services.authz.memory.roles import MemoryRoleStore
from fairlead.services.authz.memory.versions import MemoryVersionStore

__all__ = [
    "MemoryBindingStore",
    "MemoryGroupStore",
    "MemoryHolderStore",
    "MemoryPolicyStore",
    "MemoryRoleStore",
    "MemoryVersionStore",
]
