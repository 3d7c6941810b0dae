"""Permissions of gateway; generated from module.yaml by `make generate`."""

ROUTE_READ = "gateway.route.read"
METRICS_READ = "gateway.metrics.read"
