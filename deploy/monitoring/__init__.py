"""What watches the services, as code: Grafana's dashboards, a module each, and the rules for Kubernetes."""
