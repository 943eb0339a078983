/* What is published, and where it has arrived. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "load.h"

#define MAX_PUBLISHERS 256

struct publisher {
    int socket;
    struct bytes waiting; /* commands that were not sent yet */
    size_t room;
};

struct stream *streams;
uint32_t stream_count;
uint64_t deliveries, events_completed, events_published;

static struct publisher publishers[MAX_PUBLISHERS];
static uint32_t publisher_count, next_publisher;
static uint64_t deliveries_completed;
static uint64_t state = 0x9e3779b97f4a7c15u; /* of the random numbers: the same in every run */

static void grow(struct stream *stream)
{
    if (stream->published < stream->room)
        return;
    stream->room = stream->room ? 2 * stream->room : 4;
    stream->at = allocate(stream->at, stream->room * sizeof *stream->at);
    stream->left = allocate(stream->left, stream->room * sizeof *stream->left);
}

static void note(struct stream *stream, nanoseconds due)
{
    grow(stream);
    stream->at[stream->published] = due;
    stream->left[stream->published] = stream->clients * stream->messages;
    stream->published++;
    events_published++;
}

/* `owed`: events that were published while its clients were away, and that they are given when they return. */
void add_stream(struct bytes trigger, uint32_t messages, uint32_t owed)
{
    streams = allocate(streams, (stream_count + 1) * sizeof *streams);
    streams[stream_count++] = (struct stream){.trigger = trigger, .messages = messages, .owed = owed};
    while (owed--)
        note(&streams[stream_count - 1], now());
}

/* A client is given what is owed, and what is published from now on. */
void join_stream(struct client *client, uint32_t number)
{
    struct stream *stream = &streams[number];
    client->stream = number;
    client->messages = (uint64_t)(stream->published - stream->owed) * stream->messages;
    stream->clients++;
    for (uint32_t i = stream->published - stream->owed; i < stream->published; i++)
        stream->left[i] += stream->messages;
}

void forget_streams(void)
{
    for (uint32_t i = 0; i < stream_count; i++) {
        free(streams[i].trigger.at);
        free(streams[i].at);
        free(streams[i].left);
    }
    stream_count = 0;
    deliveries = events_completed = events_published = 0;
}

void add_publisher(int socket)
{
    if (publisher_count == MAX_PUBLISHERS)
        fail("more than %d publishers", MAX_PUBLISHERS);
    publishers[publisher_count].socket = socket;
    watch(socket, PUBLISHER | publisher_count++, EPOLLIN, false);
}

/* Have the server publish one event, when the publishers are flushed. */
void publish(struct stream *stream, nanoseconds due)
{
    struct publisher *publisher = &publishers[next_publisher++ % publisher_count];
    size_t length = publisher->waiting.length + stream->trigger.length;
    if (length > publisher->room)
        publisher->waiting.at = allocate(publisher->waiting.at, publisher->room = 2 * length);
    memcpy(publisher->waiting.at + publisher->waiting.length, stream->trigger.at, stream->trigger.length);
    publisher->waiting.length = length;
    note(stream, due);
}

void flush_publishers(void)
{
    for (uint32_t i = 0; i < publisher_count; i++) {
        struct bytes *waiting = &publishers[i].waiting;
        if (!waiting->length)
            continue;
        ssize_t sent = send(publishers[i].socket, waiting->at, waiting->length, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN)
            fail("the server takes no more commands: %s", strerror(errno));
        if (sent > 0) {
            waiting->length -= (size_t)sent;
            memmove(waiting->at, waiting->at + sent, waiting->length);
        }
    }
}

/* Answers of an HTTP API: only whether it takes what it is told. */
void read_publisher(uint32_t number)
{
    char said[65536];
    ssize_t got = recv(publishers[number].socket, said, sizeof said, MSG_DONTWAIT);
    if (got == 0)
        fail("the server closed the connection that tells it what to publish");
    if (got > 12 && !memcmp(said, "HTTP/1.1 ", 9) && said[9] != '2')
        fail("the server does not publish: %.*s", (int)strcspn(said, "\r\n"), said);
}

static void deliver_one(struct client *client, nanoseconds at)
{
    struct stream *stream = &streams[client->stream];
    uint64_t event = client->messages++ / stream->messages;
    if (event >= stream->published)
        fail("a client had more than the %u events that were published", stream->published);
    deliveries++;
    count_latency(at > stream->at[event] ? at - stream->at[event] : 0);
    if (!--stream->left[event]) {
        stream->completed++;
        events_completed++;
        deliveries_completed += stream->clients * stream->messages;
    }
}

/* A message has come whole. */
void delivered(struct client *client, uint64_t events, nanoseconds at)
{
    while (events--)
        deliver_one(client, at);
}

/* Of the events that everybody has. */
uint64_t events_deliveries(void)
{
    return deliveries_completed;
}

struct stream *any_stream(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return &streams[stream_count == 1 ? 0 : state % stream_count];
}
