"""The events that the pseudonym service's audit log knows, and the only fields that each may carry."""

from ledger import Event

SERVICE_STARTED = Event("service-started", ("version", "serial"))
"""The service began to listen, under the epoch file with this serial."""
SERVICE_STOPPED = Event("service-stopped")
"""The service stopped in good order; a start without it before means a crash."""
BATCH_COUNTED = Event("batch-counted", ("region", "batch", "epoch", "purpose", "elements", "budget", "allowance"))
"""A new batch was charged: so many elements to the budget, so many to allowances."""
BATCH_REPEATED = Event("batch-repeated", ("region", "batch", "epoch", "purpose", "elements"))
"""The same batch came again within 48 hours: answered, not charged."""
BATCH_REFUSED = Event("batch-refused", ("region", "batch", "epoch", "purpose", "elements", "code", "until"))
"""A batch was refused and not charged: the fault's code, and until when if a budget was spent."""
EPOCHS_GIVEN = Event("epochs-given", ("region", "serial", "secrets"))
"""A region fetched the epoch file and so many sealed secrets."""
ALARM_TOLD = Event("alarm-told", ("region", "kind", "period", "used", "limit"))
"""A region's use became worth looking at; each kind is told once for each period."""
ALLOWANCE_ENTERED = Event(
    "allowance-entered", ("allowance", "region", "reason", "elements", "opens", "closes", "first", "second")
)
"""An allowance signed by two operators took effect."""
EPOCH_FILE_ACCEPTED = Event("epoch-file-accepted", ("serial",))
"""A newer epoch file, signed by the scheme owner, was loaded."""
EPOCH_FILE_REFUSED = Event("epoch-file-refused", ("why",))
"""An epoch file was not loaded; the service goes on with the one it has."""
KEYS_MADE = Event("keys-made", ("epoch",))
"""Secret keys for an epoch were drawn and sealed."""
KEYS_DESTROYED = Event("keys-destroyed", ("epoch", "why"))
"""The secret keys of an epoch were destroyed, because it ended or by an operator's hand."""

EVENTS = (
    SERVICE_STARTED,
    SERVICE_STOPPED,
    BATCH_COUNTED,
    BATCH_REPEATED,
    BATCH_REFUSED,
    EPOCHS_GIVEN,
    ALARM_TOLD,
    ALLOWANCE_ENTERED,
    EPOCH_FILE_ACCEPTED,
    EPOCH_FILE_REFUSED,
    KEYS_MADE,
    KEYS_DESTROYED,
)
