"""What Prometheus may ask a server."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector


class Metrics:
    """Counters of requests, jobs and windows, and the length of the queue."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.requests = Counter("kinema_requests", "HTTP requests", ["method", "path", "status"],
                                registry=self.registry)
        self.seconds = Histogram("kinema_request_seconds", "Time to answer a request", ["path"],
                                 registry=self.registry)
        self.jobs = Counter("kinema_jobs", "Jobs that ended, by how", ["state"], registry=self.registry)
        self.windows = Counter("kinema_windows", "Windows that the network was asked about", registry=self.registry)
        self.queue = Gauge("kinema_queue", "Jobs that wait or run", registry=self.registry)
