/* What a server sends: frames (RFC 6455, section 5.2), passed over from header to header. */
#include <stdlib.h>
#include <string.h>

#include "load.h"

enum { CONTINUATION, TEXT, BINARY, CLOSE = 8, PING, PONG };

struct bytes ping, pong, sample;
struct reply reply;
bool joins;

struct header {
    bool last;
    int opcode;
    size_t length; /* of the header; 0 where it is not whole */
    uint64_t payload;
};

static struct header read_header(const unsigned char *data, size_t length)
{
    struct header header = {0};
    if (length < 2)
        return header;
    header.last = data[0] & 0x80;
    header.opcode = data[0] & 0x0f;
    unsigned more = (data[1] & 0x7f) < 126 ? 0 : (data[1] & 0x7f) == 126 ? 2 : 8;
    if (length < 2 + more)
        return header;
    header.length = 2 + more;
    header.payload = more ? 0 : data[1] & 0x7f;
    for (unsigned i = 0; i < more; i++)
        header.payload = header.payload << 8 | data[2 + i];
    return header;
}

static void hold(struct client *client, const char *data, size_t length)
{
    if (length > MAX_HELD)
        fail("a message that has to be seen whole has more than %d bytes", MAX_HELD);
    client->held.at = allocate(client->held.at, length);
    memcpy(client->held.at, data, length);
    client->held.length = length;
}

static void keep_sample(const char *payload, size_t length)
{
    if (sample.length)
        return;
    sample.at = allocate(sample.at, length + 1);
    memcpy(sample.at, payload, length);
    sample.length = length;
}

/* A piece of a message. Where one may hold several events, a newline stands between two (in JSON, nowhere else). */
static void pass(struct client *client, const char *data, size_t length)
{
    for (const char *end = data + length; joins && (data = memchr(data, '\n', (size_t)(end - data))); data++)
        client->lines++;
}

static void end_message(struct client *client, nanoseconds at)
{
    delivered(client, client->lines + 1, at);
    client->lines = 0;
}

static void reply_to(struct client *client, const char *message, size_t length)
{
    if (length < reply.from_end + reply.length)
        fail("an event of %zu bytes is too short to be answered: %.*s", length, (int)length, message);
    size_t before = reply.before.length, whole = before + reply.length + reply.after.length;
    char *said = allocate(NULL, whole);
    memcpy(said, reply.before.at, before);
    memcpy(said + before, message + length - reply.from_end - reply.length, reply.length);
    memcpy(said + before + reply.length, reply.after.at, reply.after.length);
    say(client, TEXT, said, whole);
    free(said);
}

static bool seen_whole(const struct client *client, struct header header)
{
    return header.payload < 126 || client->opening || reply.length;
}

/* A frame that has to be seen whole: a short one, one that is answered, or any while the client is on its way in. */
static void take_whole(struct client *client, struct header header, char *payload, nanoseconds at)
{
    size_t length = (size_t)header.payload;
    if (header.opcode == PING)
        say(client, PONG, payload, length);
    else if (header.opcode == CLOSE)
        fail("the server sent a client away: close code %d %.*s",
             length < 2 ? 0 : (unsigned char)payload[0] << 8 | (unsigned char)payload[1], length < 2 ? 0 : (int)length - 2,
             length < 2 ? "" : payload + 2);
    else if (header.opcode == PONG)
        return;
    else if (ping.length && length == ping.length && !memcmp(payload, ping.at, length))
        say(client, TEXT, pong.at, pong.length);
    else if (client->opening)
        hear(client, payload, length);
    else if (header.last) {
        keep_sample(payload, length);
        pass(client, payload, length);
        end_message(client, at);
        if (reply.length)
            reply_to(client, payload, length);
    } else
        pass(client, payload, length);
}

/* `data` begins where the last piece of the stream ended, what was held in front. */
void take(struct client *client, char *data, size_t length, nanoseconds at)
{
    while (length) {
        if (client->skip) {
            size_t passed = client->skip < length ? (size_t)client->skip : length;
            pass(client, data, passed);
            client->skip -= passed, data += passed, length -= passed;
            if (client->skip)
                return;
            if (client->last)
                end_message(client, at);
            continue;
        }
        struct header header = read_header((unsigned char *)data, length);
        bool whole = header.length && header.payload <= length - header.length;
        if (!header.length || (!whole && seen_whole(client, header))) {
            hold(client, data, length);
            return;
        }
        if (seen_whole(client, header)) {
            take_whole(client, header, data + header.length, at);
            data += header.length + header.payload, length -= header.length + (size_t)header.payload;
            continue;
        }
        if (whole)
            keep_sample(data + header.length, (size_t)header.payload);
        client->last = header.last;
        client->skip = header.payload;
        data += header.length, length -= header.length;
    }
}
