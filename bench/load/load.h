/* The load generator: many WebSocket clients of one server in one thread, under one epoll.
 *
 * It counts the frames of each client (RFC 6455, section 5.2) and looks into none of them once the client is in. The
 * k-th event that a client gets is the k-th that was published on its stream, so a delivery's latency is known without
 * a look at what it says. bench/load/generator.py tells it what to do, line by line (main.c), and reads what came of it.
 */
#ifndef LOAD_H
#define LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SILENCE 30.0  /* seconds without anything new that count as a failure */
#define MAX_STEPS 4   /* of a client's way in */
#define MAX_HELD 65536 /* bytes of a message that is looked into, while a client is on its way in */

typedef uint64_t nanoseconds;

struct bytes {
    char *at;
    size_t length;
};

/* Events that go to the same clients: those of one channel. */
struct stream {
    struct bytes trigger;     /* what tells the server to publish one */
    uint32_t clients;         /* that follow it */
    uint32_t messages;        /* that make one event (all of a client's channels fire) */
    uint32_t published, completed; /* events; completed are those that every client has */
    uint32_t owed;            /* of those published, to clients who return */
    uint32_t room;            /* of the two below */
    nanoseconds *at;          /* when each event was due */
    uint32_t *left;           /* messages of each event that are still to come */
};

struct step {
    struct bytes send, awaits; /* a frame, may be empty; what stands in the message that answers */
};

struct opening {
    struct bytes request;
    unsigned step, steps;
    bool connecting, upgrading;
    struct step way[MAX_STEPS];
};

struct client {
    uint32_t number;
    int socket;
    uint32_t source;           /* address, network byte order */
    uint32_t stream;
    uint64_t messages;         /* so far */
    uint64_t skip;             /* bytes of the frame under way that are still to come */
    uint64_t lines;            /* of the message under way so far that have ended, where messages hold several events */
    bool last;                 /* the frame under way ends its message */
    struct bytes held;         /* the beginning of what has to be seen whole */
    struct opening *opening;   /* none once it is in */
};

/* clients.c: they come and go. */
extern struct client **clients;
extern uint32_t client_count, clients_in;
extern struct bytes answer;   /* the last message that ended a client's way in */
void add_client(struct client *client);
void open_clients(unsigned at_once);
void close_clients(void);
void ask(struct client *client);
void upgrade(struct client *client, char *data, size_t length, nanoseconds at);
void hear(struct client *client, const char *message, size_t length);
void say(struct client *client, int opcode, const char *payload, size_t length);
struct bytes text_frame(const char *payload, size_t length);

/* What a client says to every event: a part of the event's message between two texts. None where `length` is 0. */
struct reply {
    struct bytes before, after;
    size_t length, from_end; /* of the part, and from its end to the message's */
};

/* frames.c: what a server sends. */
extern struct reply reply;
extern struct bytes ping, pong, sample;
extern bool joins;
void take(struct client *client, char *data, size_t length, nanoseconds at);

/* events.c: what is published, and where it has arrived. */
extern struct stream *streams;
extern uint32_t stream_count;
extern uint64_t deliveries, events_completed, events_published;
void add_stream(struct bytes trigger, uint32_t messages, uint32_t owed);
void join_stream(struct client *client, uint32_t number);
void forget_streams(void);
void add_publisher(int socket);
void publish(struct stream *stream, nanoseconds due);
void flush_publishers(void);
void read_publisher(uint32_t number);
void delivered(struct client *client, uint64_t events, nanoseconds at);
struct stream *any_stream(void);
uint64_t events_deliveries(void);

/* loop.c: time, and what has come. */
#define PUBLISHER 0x80000000u /* in an epoll event: a publisher's number, not a client's */
void start_loop(void);
void watch(int socket, uint32_t number, uint32_t events, bool known);
void pump(nanoseconds until); /* take what has come; wait for something until then if nothing has */
void pump_for(double seconds);
void drain(void);             /* until everything published is with everybody */
nanoseconds now(void);
nanoseconds own_cpu(void);
nanoseconds server_cpu(void);
void watch_server(int process);

/* histogram.c: latencies. */
void clear_latencies(void);
void count_latency(nanoseconds latency);
nanoseconds latency_quantile(double share);

/* main.c */
extern int server_port;
void fail(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
void *allocate(void *old, size_t size);

#endif
