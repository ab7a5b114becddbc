"""Why a call did not give an answer: not now, or refused. Nothing else leaves the connector."""


class NotNow(Exception):
    """The outcome is unknown or the other side is not ready: the same work may be offered again, as a new message.

    ``reason`` is one plain sentence for the operator, without anything that was sent or received.
    ``retry_after`` is how many seconds the other side asked to wait, when it said so in a verified answer.
    ``code`` is the code of a verified fault that may be repeated, else None.
    """

    def __init__(self, reason: str, retry_after: int | None = None, code: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after
        self.code = code


class ClockDiffers(NotNow):
    """A well-signed answer from outside the time window: nothing is set aside, work waits until the clock is right.

    ``seconds`` is how far the other side's clock is ahead of ours; negative when it is behind.
    """

    def __init__(self, seconds: float) -> None:
        side = "ahead of" if seconds > 0 else "behind"
        super().__init__(f"The other side's clock is {abs(seconds):.0f} seconds {side} this one.")
        self.seconds = seconds


class CertificateNotAccepted(NotNow):
    """The other side closes every connection right after the handshake: it does not accept our certificate.

    Trying again is allowed, and helps only once the operator or the other side has put the certificate right.
    """


class Refused(Exception):
    """The other side understood the message and says no, in a verified fault: offering it unchanged will not help.

    ``code`` and ``omschrijving`` are those of the fault; they never repeat what was sent.
    """

    def __init__(self, code: str, omschrijving: str) -> None:
        super().__init__(f"{code}: {omschrijving}")
        self.code = code
        self.omschrijving = omschrijving
