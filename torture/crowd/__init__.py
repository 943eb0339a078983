"""Thousands of cheap clients: raw sockets under one epoll, and the applications that they are on."""
