"""What a service needs to leave a message that carries a secret."""

from dataclasses import dataclass

from registry.crypto import Keyring
from verify_api.messages.outbox import Sender


@dataclass(frozen=True, slots=True)
class Mailing:
    """The keys that seal a secret until it is sent, and who speaks."""

    keys: Keyring
    sender: Sender
