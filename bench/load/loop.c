/* Time, and what has come. */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "load.h"

#define BUFFER 262144
#define AT_ONCE 512

static int epoll;
static clockid_t server_clock = -1;
static char buffer[MAX_HELD + BUFFER]; /* in front: room for what is held */

void start_loop(void)
{
    epoll = epoll_create1(0);
}

void watch(int socket, uint32_t number, uint32_t events, bool known)
{
    struct epoll_event event = {.events = events, .data.u32 = number};
    if (epoll_ctl(epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, socket, &event))
        fail("epoll_ctl: %s", strerror(errno));
}

static nanoseconds read_clock(clockid_t clock)
{
    struct timespec time;
    if (clock_gettime(clock, &time))
        fail("the server has ended");
    return (nanoseconds)time.tv_sec * 1000000000u + (nanoseconds)time.tv_nsec;
}

nanoseconds now(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

nanoseconds own_cpu(void)
{
    return read_clock(CLOCK_PROCESS_CPUTIME_ID);
}

/* User and system time of all threads of the server. */
nanoseconds server_cpu(void)
{
    return read_clock(server_clock);
}

void watch_server(int process)
{
    if (clock_getcpuclockid(process, &server_clock))
        fail("there is no process %d", process);
}

static void receive(struct client *client)
{
    if (client->opening && client->opening->connecting) {
        ask(client);
        return;
    }
    ssize_t got = recv(client->socket, buffer + MAX_HELD, BUFFER, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got < 0)
        fail("the server broke a client's connection: %s", strerror(errno));
    if (got == 0)
        fail(client->opening ? "the server closed the connection of a client on its way in"
                             : "the server closed a client's connection");
    char *data = buffer + MAX_HELD - client->held.length;
    size_t length = (size_t)got + client->held.length;
    if (client->held.length) {
        memcpy(data, client->held.at, client->held.length);
        client->held.length = 0;
    }
    nanoseconds at = now();
    if (client->opening && client->opening->upgrading)
        upgrade(client, data, length, at);
    else
        take(client, data, length, at);
}

void pump(nanoseconds until)
{
    struct epoll_event events[AT_ONCE];
    nanoseconds at = now(), wait = until > at ? until - at : 0;
    struct timespec timeout = {.tv_sec = (time_t)(wait / 1000000000u), .tv_nsec = (long)(wait % 1000000000u)};
    int ready = (int)syscall(SYS_epoll_pwait2, epoll, events, AT_ONCE, &timeout, NULL, 0);
    if (ready < 0 && errno != EINTR)
        fail("epoll_pwait2: %s (Linux 5.11 has it)", strerror(errno));
    for (int i = 0; i < ready; i++) {
        uint32_t number = events[i].data.u32;
        if (number & PUBLISHER)
            read_publisher(number & ~PUBLISHER);
        else
            receive(clients[number]);
    }
}

void pump_for(double seconds)
{
    for (nanoseconds end = now() + (nanoseconds)(seconds * 1e9); now() < end;)
        pump(end);
}

void drain(void)
{
    uint64_t before = deliveries;
    nanoseconds patience = now() + (nanoseconds)(SILENCE * 1e9);
    while (events_completed < events_published) {
        flush_publishers(); /* what the server did not take at once */
        pump(patience);
        if (deliveries > before) {
            before = deliveries;
            patience = now() + (nanoseconds)(SILENCE * 1e9);
        } else if (now() >= patience)
            fail("%llu messages came, and then none for %g s: %llu of %llu events are with everybody",
                 (unsigned long long)deliveries, SILENCE, (unsigned long long)events_completed,
                 (unsigned long long)events_published);
    }
}
