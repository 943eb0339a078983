"""The numbers of the managers of one machine, as Prometheus reads them."""
