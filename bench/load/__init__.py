"""The load: a program in C, built at first use, and what talks to it."""
