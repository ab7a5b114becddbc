"""How many elements a second does the pseudonym service evaluate over signed SOAP, beside the bare primitive?

The service runs as it does in production, as a process of its own with mutual TLS, RSA-3072 and a durable database.
Requests are signed beforehand. What counts is elements for each second of the service's processor time, because the
clients share the machine; elements a second by the clock stand beside it.

Run: python -m bench.pseudonym_service [--batches 60] [--elements 1000]
"""

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.measuring import machine, processor_seconds
from certs.authority import PARTIES, DevPki, dev_pki
from certs.identity import IdentityFile
from certs.keyring import Epoch, RegionSecret, read_public_keys, sign_epoch_file
from certs.oprf import VOPRF, SecretKey, random_scalar
from certs.ristretto import Scalar
from certs.sealing import FileKeys, write_new_file
from certs.trust import TrustStore, Use
from hub_connector.transport import HandshakeWatch, Line, Timeouts
from pseudonym_service import keys
from soap_wsdl.codec import encode
from soap_wsdl.vocabulary import PSEUDONYMS, EpochName, EvaluateBlinded, Oin, Purpose
from soap_wsdl.wus.signing import SignedRequest, sign_request
from soap_wsdl.wus.verifying import verify_response

SERVICE = Oin("00000099000000000002")
AIM = 8000
COMMAND = "import sys; from pseudonym_service.commands import pseudonyms; pseudonyms(sys.argv[1:])"


@dataclass(frozen=True)
class Figure:
    """Elements, and the seconds that they took by the clock and of the processor."""

    elements: int
    clock: float
    processor: float

    def line(self, name: str) -> str:
        """For people."""
        return (
            f"{name:<34} {self.elements / self.processor:>9,.0f} elements per processor second"
            f" {self.elements / self.clock:>9,.0f} by the clock"
        )


def main() -> None:
    """Measure the primitive, the service, and the primitive again; print the ratio."""
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    arguments.add_argument("--batches", type=int, default=60)
    arguments.add_argument("--elements", type=int, default=1000)
    arguments.add_argument("--lines", type=int, default=4, help="connections at once")
    asked = arguments.parse_args()
    blinded = tuple(VOPRF.blind([b"%d" % n for n in range(asked.elements)], _blinds(asked.elements)))
    before = bare(blinded)
    with tempfile.TemporaryDirectory() as directory:
        service = over_soap(Path(directory), blinded, asked.batches, asked.lines)
    after = bare(blinded)
    primitive = Figure(before.elements + after.elements, before.clock + after.clock, before.processor + after.processor)
    print(machine())
    print(primitive.line("bare primitive, one thread"))
    print(service.line(f"service over SOAP, batches of {asked.elements}"))
    share = (service.elements / service.processor) / (primitive.elements / primitive.processor)
    print(f"The service reaches {share:.0%} of the bare primitive for each core. Aim: {AIM:,} elements per core.")


def bare(blinded: Sequence[bytes], rounds: int = 10) -> Figure:
    """Evaluate with proof, nothing else."""
    key = SecretKey(random_scalar(os.urandom).reveal())
    clock, processor = time.perf_counter(), time.process_time()
    for _ in range(rounds):
        VOPRF.evaluate(key, blinded, os.urandom)
    return Figure(rounds * len(blinded), time.perf_counter() - clock, time.process_time() - processor)


def over_soap(directory: Path, blinded: tuple[bytes, ...], batches: int, lines: int) -> Figure:
    """The same batch, under many batch ids, from one region over a few connections."""
    pki = dev_pki(directory / "pki", PARTIES, datetime.now(UTC))
    with _service(directory, pki) as (address, process):
        url = f"{address}{PSEUDONYMS.path}"
        open_lines = [_line(pki) for _ in range(lines)]
        _post(open_lines[0], url, _signed(pki, blinded, url), pki)  # certificates, keys and code are warm after this
        for line in open_lines[1:]:
            _post(line, url, _signed(pki, blinded[:1], url), pki)
        requests = [_signed(pki, blinded, url) for _ in range(batches)]
        clock, processor = time.perf_counter(), processor_seconds(process.pid)

        def work(at: int) -> None:
            for request in requests[at::lines]:
                _post(open_lines[at], url, request, pki)

        with ThreadPoolExecutor(lines) as pool:
            list(pool.map(work, range(lines)))
        return Figure(batches * len(blinded), time.perf_counter() - clock, processor_seconds(process.pid) - processor)


@contextmanager
def _service(directory: Path, pki: DevPki) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    settings, ready = directory / "pseudonyms.toml", directory / "ready.json"
    port = _free_port()
    scheme = Ed25519PrivateKey.generate()
    settings.write_text(_settings(pki, scheme, port))
    write_new_file(directory / "kek", "first", os.urandom)
    _publish(directory, scheme, f"https://127.0.0.1:{port}{PSEUDONYMS.path}")
    command = [sys.executable, "-c", COMMAND]
    subprocess.run([*command, "migrate", "--config", str(settings)], check=True, stdout=subprocess.DEVNULL)
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen([*command, "serve", "--config", str(settings), "--ready", str(ready)], stderr=log)
    try:
        for _ in range(600):
            if ready.exists():
                break
            if process.poll() is not None:
                raise SystemExit((directory / "log").read_text())
            time.sleep(0.1)
        yield json.loads(ready.read_text())["address"], process
    finally:
        process.terminate()
        process.wait(20)


def _settings(pki: DevPki, scheme: Ed25519PrivateKey, port: int) -> str:
    own = pki.files("pseudonyms")
    return f"""
oin = "{SERVICE}"
public_url = "https://127.0.0.1:{port}{PSEUDONYMS.path}"
port = {port}
database = "pseudonyms.db"
keys_directory = "keys"
key_encryption_key = "kek"
bundle_directory = "bundle"
scheme_key = "{b64encode(scheme.public_key().public_bytes_raw()).decode()}"
[certificates]
tls_certificate = "{own.tls_certificate}"
tls_key = "{own.tls_key}"
tls_trust = "{own.tls_trust}"
tls_crls = "{own.tls_crls}"
signing_certificate = "{own.signing_certificate}"
signing_key = "{own.signing_key}"
signing_trust = "{own.signing_trust}"
signing_crls = "{own.signing_crls}"
[budget]
day = 100000000
month = 1000000000
[regions.00000099000000000101]
name = "Amsterdam"
[limits]
requests_a_minute = 1000000
at_once = 64
"""


def _publish(directory: Path, scheme: Ed25519PrivateKey, url: str) -> None:
    provider = FileKeys.read(directory / "kek", os.urandom)
    _, public = read_public_keys(keys.make(directory / "keys", "bench", provider, os.urandom))
    today = datetime.now(UTC).date()
    epoch = Epoch(
        "bench", today - timedelta(days=2), today + timedelta(days=2), public, RegionSecret(bytes(32)).check()
    )
    signed = sign_epoch_file(
        scheme, serial=1, made_at=datetime.now(UTC), service=url, regie_rules=("wijkteam",), epochs=[epoch]
    )
    (directory / "bundle").mkdir()
    (directory / "bundle" / "epochs.json").write_bytes(signed.signed)


def _line(pki: DevPki) -> Line:
    own = pki.files("amsterdam")
    identity = IdentityFile(own.tls_certificate, own.tls_key)
    trust = TrustStore(own.tls_trust, own.tls_crls, Use.TLS_SERVER)
    return Line(identity, trust, SERVICE, lambda: datetime.now(UTC), HandshakeWatch(), Timeouts(answer=120.0))


def _signed(pki: DevPki, blinded: tuple[bytes, ...], url: str) -> SignedRequest:
    own = pki.files("amsterdam")
    message = EvaluateBlinded(uuid4(), EpochName("bench"), Purpose.YOUTH, blinded)
    return sign_request(
        encode(message),
        f"{PSEUDONYMS.namespace}:EvaluateBlinded",
        url,
        f"urn:uuid:{uuid4()}",
        datetime.now(UTC),
        IdentityFile(own.signing_certificate, own.signing_key).current(),
    )


def _post(line: Line, url: str, request: SignedRequest, pki: DevPki) -> None:
    answer = line.post(url, request.raw, {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'})
    own = pki.files("amsterdam")
    verify_response(
        answer.body,
        contract=PSEUDONYMS,
        operation="EvaluateBlinded",
        now=datetime.now(UTC),
        trust=TrustStore(own.signing_trust, own.signing_crls, Use.SIGNING),
        expected_oin=SERVICE,
        request=request,
    )


def _blinds(count: int) -> list[Scalar]:
    return [random_scalar(os.urandom) for _ in range(count)]


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    main()
