"""The processes of one machine, started and stopped together: service, worker, scheduler and stand-ins.

Each is a process of its own, as in a city-sized installation; only the addresses differ. Stand-ins of the
outside world are started where the settings name no real one.
"""

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import TracebackType

import httpx

from registry.embedded import start as start_database
from scheduler.clock import tick
from verify_api.clock import SimulatedClock
from verify_api.outside import Outside, make_outside
from verify_api.parts import Parts, make_parts
from verify_api.settings import Settings

HOST = "127.0.0.1"
START_WITHIN_S = 60.0
STOP_WITHIN_S = 10.0
STAND_INS = ("upstream", "sms", "identity")
PORTS = {"api": 8000, "phone": 8001, "sms": 8002, "upstream": 8003, "identity": 8004}


class StartFailed(RuntimeError):
    """A process ended, or did not answer in time; its log says why."""


def free_port() -> int:
    """A port nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@dataclass
class Stack:
    """Processes over one folder. `at` makes a simulation whose clock stands at that instant and runs on.

    `folder` keeps the database, files, keys and logs. `ports` names fixed ports; others are free ones.
    """

    folder: Path
    at: datetime | None = None
    ports: Mapping[str, int] = field(default_factory=dict)
    services: tuple[str, ...] = ("upstream", "sms", "identity", "api", "worker", "phone")
    database: str = "daka"
    # A server of somebody else's; without it an embedded one is started under `folder`.
    database_url: str = ""

    def __post_init__(self) -> None:
        """Work out addresses and secrets; nothing is started yet."""
        self.folder = self.folder.resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        self._port = {name: self.ports.get(name) or free_port() for name in PORTS}
        self.urls = {name: f"http://{HOST}:{port}" for name, port in self._port.items()}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self.clock = SimulatedClock(self.folder / "clock.json")
        if self.at is not None:
            self.clock.set(self.at)
        self._secret = secrets.token_hex(16)

    def __enter__(self) -> "Stack":
        """Start everything and wait until it answers."""
        try:
            self.start(self.services)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop everything."""
        self.stop()

    def start(self, services: Iterable[str]) -> None:
        """Start these processes and wait until those with an address answer."""
        if hasattr(self, "parts"):
            self.parts.engine.dispose()
        self.parts: Parts = make_parts(self.settings())
        self.outside: Outside = make_outside(self.parts)
        for name in services:
            self.launch(name)
        for name in services:
            if name in self.urls:
                self._wait(name)

    def launch(self, name: str) -> None:
        """Start one process; its output goes to `logs/`."""
        logs = self.folder / "logs"
        logs.mkdir(exist_ok=True)
        with (logs / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                self._command(name), env=self.environment(), stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )

    def kill(self, name: str) -> None:
        """`kill -9` of one process, as a power cut would."""
        process = self._processes.pop(name)
        process.kill()
        process.wait()

    def stop(self) -> None:
        """Ask every process to end, then insist. Only processes started here are touched."""
        running = list(self._processes.values())
        for process in running:
            process.terminate()
        for process in running:
            try:
                process.wait(STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._processes.clear()
        if hasattr(self, "parts"):
            self.parts.engine.dispose()

    def watch(self) -> str | None:
        """Name of a process that has ended by itself, if any."""
        return next((name for name, one in self._processes.items() if one.poll() is not None), None)

    def tick(self, names: Iterable[str] = ()) -> None:
        """Run the scheduler's jobs once, now: in a simulation months pass in seconds."""
        tick(self.parts, self.outside, names=frozenset(names) or None)

    def settings(self) -> Settings:
        """The settings the processes get."""
        values = {key: value for key, value in self.environment().items() if key.startswith("DAKA_")}
        known = {key.removeprefix("DAKA_").lower(): value for key, value in values.items()}
        return Settings.model_validate(known | {"DATABASE_URL": self.environment()["DATABASE_URL"]})

    def environment(self) -> dict[str, str]:
        """Environment of the processes. What is set outside wins, so that real providers can be used."""
        own = {
            "DAKA_VAR": str(self.folder),
            "DAKA_CACHE": str(self.folder.parent / "cache"),
            "DAKA_PUBLIC_URL": self.urls["api"],
            "DAKA_UPSTREAM_URL": self.urls["upstream"],
            "DAKA_UPSTREAM_TOKEN": self._secret,
            "DAKA_SMS_URL": self.urls["sms"],
            "DAKA_SMS_TOKEN": self._secret,
            "DAKA_SMS_CALLBACK_TOKEN": self._secret,
            "DAKA_WECHAT_URL": self.urls["identity"],
            "DAKA_WECHAT_APP_ID": "wxdemo",
            "DAKA_WECHAT_SECRET": "demo-secret",
            "WECHAT_APP_ID": "wxdemo",
            "WECHAT_SECRET": "demo-secret",
            "DAKA_DEMO": "true",
            # Plain HTTP on loopback: a browser would not send back a secure cookie.
            "DAKA_SECURE_COOKIES": "false",
        }
        if self.at is not None:
            own["DAKA_SIMULATION_CLOCK"] = str(self.folder / "clock.json")
        given = {key: value for key, value in os.environ.items() if key not in own or not self.at}
        environment = own | given
        if self.at is not None or "DATABASE_URL" not in environment:
            environment["DATABASE_URL"] = self._database_url()
        return environment

    def _database_url(self) -> str:
        if not self.database_url:
            self.database_url = start_database(self.folder / "postgres", self.database)
        return self.database_url

    def _command(self, name: str) -> list[str]:
        port = str(self._port.get(name, 0))
        run = [sys.executable, "-W", "ignore", "-m"]
        api, inbox, identity = self.urls["api"], self.urls["sms"], self.urls["identity"]
        receipts = f"{api}/api/v1/messages/receipts/gateway"
        commands = {
            "api": ["daka.main", "api", "--port", port],
            "worker": ["daka.main", "worker"],
            "scheduler": ["daka.main", "scheduler"],
            "upstream": ["miniapp_mock.upstream", "--port", port],
            "sms": ["miniapp_mock.sms_gateway", "--port", port, "--callback-url", receipts],
            "identity": ["miniapp_mock.identity", "--port", port],
            "phone": [
                "miniapp_mock.phone",
                "--port",
                port,
                "--api",
                api,
                "--identity",
                identity,
                "--inbox",
                inbox,
            ],
        }
        return run + commands[name]

    def _wait(self, name: str) -> None:
        until = time.monotonic() + START_WITHIN_S
        path = "/healthz" if name == "api" else "/"
        with httpx.Client(base_url=self.urls[name], timeout=2, trust_env=False) as http:
            while time.monotonic() < until and self._processes[name].poll() is None:
                try:
                    http.get(path)
                    return
                except httpx.TransportError:
                    time.sleep(0.1)
        raise StartFailed(f"{name} did not start; see {self.folder / 'logs' / f'{name}.log'}")
