"""The reference for the hub's benches: the same TLS, parsing, schema and answer, no signature and no database."""

import asyncio
import json
import signal
from pathlib import Path
from uuid import UUID

import click
import uvloop
from aiohttp import web
from lxml import etree

from certs.identity import IdentityFile, replace_file
from certs.own import trust_of
from certs.tls import server_context
from certs.trust import Use
from config.hub import HubSettings
from config.reading import read
from hub import app
from soap_wsdl.codec import decode, encode
from soap_wsdl.vocabulary import (
    HUB,
    MailboxPage,
    MailboxStatus,
    Outcome,
    RecordOutcome,
    RegisterSignals,
    RegisterSignalsResponse,
)

NOTHING = MailboxPage(MailboxStatus.CURRENT, UUID(int=0), 0, False)


async def answer(request: web.Request) -> web.Response:
    """Parse, check against the schema, and answer as if all was registered."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    envelope = etree.fromstring(await request.read(), parser)
    message = decode(envelope[1][0], RegisterSignals)
    outcomes = tuple(RecordOutcome(record.record_id, Outcome.REGISTERED) for record in message.records)
    body = encode(RegisterSignalsResponse(NOTHING, outcomes))
    return web.Response(body=body, content_type="text/xml")


@click.command()
@click.option("--config", type=Path, required=True)
@click.option("--ready", type=Path, required=True)
def main(config: Path, ready: Path) -> None:
    """Serve until SIGTERM."""
    settings = read(config, HubSettings)

    async def serve() -> None:
        stopping = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
        application = web.Application(client_max_size=app.MAX_REQUEST_BYTES)
        application.router.add_post(HUB.path, answer)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        files = settings.certificates
        identity = IdentityFile(files.tls_certificate, files.tls_key)
        context = server_context(identity, trust_of(files, Use.TLS_CLIENT), app.clock)
        await web.TCPSite(runner, settings.host, 0, ssl_context=context).start()
        host, port = runner.addresses[0][:2]
        replace_file(ready, json.dumps({"address": f"https://{host}:{port}"}).encode())
        await stopping.wait()
        await runner.cleanup()

    uvloop.run(serve())


if __name__ == "__main__":
    main()
