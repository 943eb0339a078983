/* Clients come and go: connect, ask for the upgrade, take the steps of their server's way in. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "load.h"

struct client **clients;
uint32_t client_count, clients_in;
struct bytes answer;

static uint32_t opened;       /* clients that were told to connect */
static struct bytes last_said; /* to a client that is not in: why it may never be */

void add_client(struct client *client)
{
    clients = allocate(clients, (client_count + 1) * sizeof *clients);
    client->number = client_count;
    clients[client_count++] = client;
    client->socket = -1;
}

static void keep(struct bytes *kept, const char *data, size_t length)
{
    kept->at = allocate(kept->at, length + 1);
    memcpy(kept->at, data, length);
    kept->length = length;
}

static void send_all(struct client *client, struct bytes data)
{
    if (!data.length)
        return;
    ssize_t sent = send(client->socket, data.at, data.length, MSG_NOSIGNAL);
    if (sent != (ssize_t)data.length)
        fail("the server does not take what a client says: %s", sent < 0 ? strerror(errno) : "its buffer is full");
}

/* A client's frame, masked with zeros. */
static struct bytes frame(int opcode, const char *payload, size_t length)
{
    struct bytes made = {.at = allocate(NULL, length + 8)};
    char *at = made.at;
    *at++ = (char)(0x80 | opcode);
    if (length < 126)
        *at++ = (char)(0x80 | length);
    else
        *at++ = (char)0xfe, *at++ = (char)(length >> 8), *at++ = (char)length;
    memset(at, 0, 4);
    memcpy(at + 4, payload, length);
    made.length = (size_t)(at + 4 - made.at) + length;
    return made;
}

struct bytes text_frame(const char *payload, size_t length)
{
    return length ? frame(1, payload, length) : (struct bytes){0};
}

void say(struct client *client, int opcode, const char *payload, size_t length)
{
    struct bytes made = frame(opcode, payload, length);
    send_all(client, made);
    free(made.at);
}

static void connect_client(struct client *client)
{
    struct sockaddr_in source = {.sin_family = AF_INET, .sin_addr.s_addr = client->source};
    struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons((uint16_t)server_port)};
    int on = 1;
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    client->socket = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (client->socket < 0)
        fail("no more sockets: %s", strerror(errno));
    setsockopt(client->socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    setsockopt(client->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (bind(client->socket, (struct sockaddr *)&source, sizeof source))
        fail("bind: %s", strerror(errno));
    if (connect(client->socket, (struct sockaddr *)&server, sizeof server) && errno != EINPROGRESS)
        fail("connect: %s", strerror(errno));
    client->opening->connecting = true;
    watch(client->socket, client->number, EPOLLOUT, false);
}

static void get_in(struct client *client)
{
    struct opening *opening = client->opening;
    free(opening->request.at);
    for (unsigned i = 0; i < opening->steps; i++)
        free(opening->way[i].send.at), free(opening->way[i].awaits.at);
    free(opening);
    client->opening = NULL;
    clients_in++;
}

/* It is connected. */
void ask(struct client *client)
{
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(client->socket, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error)
        fail("a client could not connect: %s", strerror(error));
    send_all(client, client->opening->request);
    client->opening->connecting = false;
    client->opening->upgrading = true;
    watch(client->socket, client->number, EPOLLIN, true);
}

static void take_step(struct client *client)
{
    struct opening *opening = client->opening;
    if (opening->step == opening->steps)
        get_in(client);
    else
        send_all(client, opening->way[opening->step].send);
}

/* The answer to the upgrade, after which frames may follow in the same piece. */
void upgrade(struct client *client, char *data, size_t length, nanoseconds at)
{
    char *end = memmem(data, length, "\r\n\r\n", 4);
    if (!end) {
        if (length > MAX_HELD)
            fail("the server's answer to an upgrade has no end");
        keep(&client->held, data, length);
        return;
    }
    if (length < 12 || memcmp(data, "HTTP/1.1 101", 12))
        fail("the server refused an upgrade: %.*s", (int)((char *)memchr(data, '\r', length) - data), data);
    client->opening->upgrading = false;
    take_step(client);
    size_t head = (size_t)(end + 4 - data);
    take(client, data + head, length - head, at);
}

/* A message to a client on its way in. */
void hear(struct client *client, const char *message, size_t length)
{
    struct opening *opening = client->opening;
    struct bytes awaited = opening->way[opening->step].awaits;
    keep(&last_said, message, length);
    if (!memmem(message, length, awaited.at, awaited.length))
        return;
    if (++opening->step == opening->steps)
        keep(&answer, message, length);
    take_step(client);
}

/* Let all that were added in, so many at once. Returns when they are. */
void open_clients(unsigned at_once)
{
    uint32_t in = clients_in;
    nanoseconds patience = now() + (nanoseconds)(SILENCE * 1e9);
    while (clients_in < client_count) {
        while (opened < client_count && opened - clients_in < at_once)
            connect_client(clients[opened++]);
        pump(patience);
        if (clients_in > in)
            in = clients_in, patience = now() + (nanoseconds)(SILENCE * 1e9);
        else if (now() >= patience)
            fail("%u clients on their way in, and none got in for %g s; the last thing that one was told: %.*s",
                 opened - clients_in, SILENCE, last_said.length > 300 ? 300 : (int)last_said.length,
                 last_said.at ? last_said.at : "");
    }
}

/* Be gone at once: with RST, so that no port stays in TIME_WAIT. */
void close_clients(void)
{
    struct linger reset = {.l_onoff = 1};
    for (uint32_t i = 0; i < client_count; i++) {
        if (clients[i]->socket >= 0) {
            setsockopt(clients[i]->socket, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
            close(clients[i]->socket);
        }
        if (clients[i]->opening)
            get_in(clients[i]);
        free(clients[i]->held.at);
        free(clients[i]);
    }
    client_count = clients_in = opened = 0;
}
