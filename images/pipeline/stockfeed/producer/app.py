"""Entry point of `stockfeed producer`: wiring, probes, and ordered shutdown."""

import asyncio
from collections.abc import Coroutine, Mapping

import structlog
from prometheus_client import CollectorRegistry

from stockfeed import logs
from stockfeed.certificates import CertificateExpiry
from stockfeed.contract import endpoints
from stockfeed.health import health_server
from stockfeed.metrics import ProducerMetrics
from stockfeed.producer.finnhub import Finnhub
from stockfeed.producer.poller import Poller
from stockfeed.producer.publisher import KafkaPublisher
from stockfeed.producer.rate_limiter import RateLimiter
from stockfeed.producer.request_rate import RequestRate
from stockfeed.producer.schedule import Cadence
from stockfeed.producer.status import ApiStatus, LoopWatchdog, readiness
from stockfeed.settings import ProducerSettings
from stockfeed.signals import on_stop_signal

_FLUSH_SECONDS = 20.0
"""Below 30 s, the default of Kubernetes between SIGTERM and SIGKILL."""
_MIN_GRACE_SECONDS = 60.0
_log = structlog.get_logger()


def main(environment: Mapping[str, str]) -> int:
    """Runs until SIGTERM or SIGINT.

    Returns:
        The exit status: 1 if some quotes were not acknowledged by Kafka, else 0.

    Raises:
        ConfigurationError: a setting or a credential is missing or invalid.
    """
    settings = ProducerSettings.from_env(environment)
    logs.configure(settings.log_level, settings.log_format)
    return asyncio.run(_run(settings))


async def _run(settings: ProducerSettings) -> int:
    registry = CollectorRegistry()
    registry.register(CertificateExpiry(settings))
    metrics = ProducerMetrics(registry)
    grace_seconds = max(_MIN_GRACE_SECONDS, 3 * settings.poll_interval)
    status, watchdog = ApiStatus(settings.symbols, grace_seconds), LoopWatchdog()
    publisher = KafkaPublisher(settings, metrics)
    checks = {
        endpoints.HEALTHZ: watchdog.check,
        endpoints.READYZ: lambda: readiness(status.problem(), publisher.problem()),
    }
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    with (
        # Setting the event in the signal handler itself would not wake a loop that waits for I/O.
        on_stop_signal(lambda: loop.call_soon_threadsafe(stop.set)),
        health_server(settings.http_port, registry, checks, host=str(settings.http_host)) as server,
    ):
        _log.info("producer started", symbols=len(settings.symbols), http_port=server.port)
        await _poll_until_stopped(settings, metrics, status, publisher, watchdog, stop)
        unflushed = await asyncio.to_thread(publisher.close, _FLUSH_SECONDS)
    return _exit_status(unflushed)


async def _poll_until_stopped(
    settings: ProducerSettings,
    metrics: ProducerMetrics,
    status: ApiStatus,
    publisher: KafkaPublisher,
    watchdog: LoopWatchdog,
    stop: asyncio.Event,
) -> None:
    rate = RequestRate(settings.requests_per_minute, settings.requests_per_minute_file, metrics)
    provider = Finnhub(settings.base_url, settings.api_key, settings.timeout)
    poller = Poller(
        provider,
        publisher,
        RateLimiter(rate.per_minute),
        status,
        metrics,
        Cadence(settings.poll_interval, settings.heartbeat_interval),
    )
    try:
        await _until_stopped(stop, poller.run(settings.symbols), _beat_watchdog(watchdog))
    finally:
        await provider.close()


async def _until_stopped(stop: asyncio.Event, *coroutines: Coroutine[None, None, None]) -> None:
    """Runs coroutines until `stop` is set or one of them fails."""
    tasks = {asyncio.create_task(coroutine) for coroutine in coroutines}
    stopped = asyncio.create_task(stop.wait())
    done, running = await asyncio.wait({*tasks, stopped}, return_when=asyncio.FIRST_COMPLETED)
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    for task in done:
        task.result()


async def _beat_watchdog(watchdog: LoopWatchdog) -> None:
    while True:
        watchdog.beat()
        await asyncio.sleep(1.0)


def _exit_status(unflushed: int) -> int:
    if unflushed == 0:
        _log.info("producer stopped")
        return 0
    message = f"{unflushed} quotes were not acknowledged by Kafka before the shutdown deadline"
    _log.error("producer stopped", unflushed=unflushed)
    logs.write_termination_message(message)
    return 1
