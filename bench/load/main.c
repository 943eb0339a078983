/* Commands: a line each, followed by the bytes that it gives the lengths of. What is answered is a line as well.
 *
 *   server PORT PROCESS
 *   dialect JOINS PING PONG                     bytes: the ping, the pong
 *   reply LENGTH FROM_END BEFORE AFTER          bytes: before, after; what clients say to every event
 *   publisher unix|tcp COUNT WHERE              a path, or a port
 *   stream MESSAGES OWED TRIGGER                bytes: the trigger
 *   client SOURCE STREAM REQUEST [SEND AWAITS]… bytes: the request, what is said, what is awaited, …
 *   open AT_ONCE              opened SECONDS SERVER OWN                   everybody is in and has what was published
 *   fire COUNT                fired                                       one event after the other, by chance
 *   steady RATE WARM WINDOW   measured …                                  events at even intervals
 *   closed FLIGHT WARM WINDOW measured …                                  so many events on their way at any time
 *   rest SECONDS              rested SECONDS SERVER OWN
 *   sample, answer            bytes LENGTH, and the bytes                 an event's message; the last way in's end
 *   close                     closed                                      clients and streams are gone
 *
 * measured DELIVERIES EVENTS SECONDS SERVER OWN P50 P99 P999 MOST BEHIND: SERVER and OWN are seconds of CPU, the
 * latencies nanoseconds, BEHIND the events under way at the window's end. Instead of an answer: error and a sentence.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "load.h"

int server_port;

void fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    printf("error ");
    vprintf(format, arguments);
    printf("\n");
    fflush(stdout);
    exit(1);
}

void *allocate(void *old, size_t size)
{
    void *made = realloc(old, size ? size : 1);
    if (!made)
        fail("no memory for %zu bytes", size);
    return made;
}

static struct bytes read_bytes(size_t length)
{
    struct bytes read = {.at = allocate(NULL, length + 1), .length = length};
    if (fread(read.at, 1, length, stdin) != length)
        fail("the commands end in the middle of one");
    read.at[length] = 0;
    return read;
}

static size_t next_number(void)
{
    char *word = strtok(NULL, " \n");
    if (!word)
        fail("a command is too short");
    return strtoull(word, NULL, 10);
}

static double next_real(void)
{
    char *word = strtok(NULL, " \n");
    if (!word)
        fail("a command is too short");
    return strtod(word, NULL);
}

/* ---- what there is ---------------------------------------------------------------------------------------------- */

static void set_server(void)
{
    server_port = (int)next_number();
    watch_server((int)next_number());
}

static void set_dialect(void)
{
    joins = next_number();
    size_t asked = next_number(), answered = next_number();
    ping = read_bytes(asked);
    pong = read_bytes(answered);
}

static void set_reply(void)
{
    reply.length = next_number();
    reply.from_end = next_number();
    size_t before = next_number(), after = next_number();
    reply.before = read_bytes(before);
    reply.after = read_bytes(after);
}

static int connected(bool local, const char *where)
{
    struct sockaddr_un path = {.sun_family = AF_UNIX};
    struct sockaddr_in port = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int made = socket(local ? AF_UNIX : AF_INET, SOCK_STREAM, 0), on = 1;
    snprintf(path.sun_path, sizeof path.sun_path, "%s", where);
    port.sin_port = htons((uint16_t)atoi(where));
    if (!local)
        setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(made, local ? (struct sockaddr *)&path : (struct sockaddr *)&port, local ? sizeof path : sizeof port))
        fail("the server takes no commands at %s: %s", where, strerror(errno));
    return made;
}

static void add_publishers(void)
{
    char *kind = strtok(NULL, " \n");
    size_t count = next_number();
    char *where = strtok(NULL, "\n");
    for (size_t i = 0; i < count; i++)
        add_publisher(connected(!strcmp(kind, "unix"), where));
}

static void define_stream(void)
{
    size_t messages = next_number(), owed = next_number(), length = next_number();
    add_stream(read_bytes(length), (uint32_t)messages, (uint32_t)owed);
}

static void define_client(void)
{
    struct client *client = allocate(NULL, sizeof *client);
    struct opening *opening = allocate(NULL, sizeof *opening);
    *client = (struct client){.opening = opening, .source = inet_addr(strtok(NULL, " \n"))};
    *opening = (struct opening){0};
    size_t stream = next_number(), request = next_number(), lengths[2 * MAX_STEPS], count = 0;
    for (char *word; (word = strtok(NULL, " \n")); count++) {
        if (count == 2 * MAX_STEPS)
            fail("a client has more than %d steps", MAX_STEPS);
        lengths[count] = strtoull(word, NULL, 10);
    }
    if (stream >= stream_count)
        fail("there is no stream %zu", stream);
    opening->request = read_bytes(request);
    for (opening->steps = 0; opening->steps < count / 2; opening->steps++) {
        struct bytes said = read_bytes(lengths[2 * opening->steps]);
        opening->way[opening->steps].send = text_frame(said.at, said.length);
        opening->way[opening->steps].awaits = read_bytes(lengths[2 * opening->steps + 1]);
        free(said.at);
    }
    join_stream(client, (uint32_t)stream);
    add_client(client);
}

static void answer_bytes(struct bytes said)
{
    printf("bytes %zu\n", said.length);
    fwrite(said.at, 1, said.length, stdout);
    sample.length = 0;
}

/* ---- what is done ------------------------------------------------------------------------------------------------ */

struct meter {
    nanoseconds begin, server, own;
};

static struct meter start_meter(void)
{
    return (struct meter){now(), server_cpu(), own_cpu()};
}

/* Seconds of the clock, of the server's CPU and of our own. */
static void say_meter(struct meter meter)
{
    double server = (double)(server_cpu() - meter.server), own = (double)(own_cpu() - meter.own);
    printf(" %.9f %.9f %.9f", (double)(now() - meter.begin) / 1e9, server / 1e9, own / 1e9);
}

static void open_all(void)
{
    unsigned at_once = (unsigned)next_number();
    struct meter meter = start_meter();
    open_clients(at_once);
    drain();
    printf("opened");
    say_meter(meter);
    printf("\n");
}

static void fire(void)
{
    for (size_t left = next_number(); left; left--) {
        publish(any_stream(), now());
        flush_publishers();
        drain();
    }
    printf("fired\n");
}

static void rest(void)
{
    double seconds = next_real();
    struct meter meter = start_meter();
    pump_for(seconds);
    printf("rested");
    say_meter(meter);
    printf("\n");
}

static void say_measured(struct meter meter, uint64_t got, uint64_t events, uint64_t behind)
{
    printf("measured %llu %llu", (unsigned long long)got, (unsigned long long)events);
    say_meter(meter);
    for (int i = 0; i < 4; i++)
        printf(" %llu", (unsigned long long)latency_quantile((double[]){0.5, 0.99, 0.999, 1.0}[i]));
    printf(" %llu\n", (unsigned long long)behind);
}

/* Events at even intervals. Each is due at its time, however late this process comes to it. */
static void keep_pace(nanoseconds *due, double interval, nanoseconds end)
{
    for (nanoseconds at; (at = now()) < end;) {
        for (; *due <= at; *due += (nanoseconds)(interval * 1e9))
            publish(any_stream(), *due);
        flush_publishers();
        pump(*due < end ? *due : end);
    }
}

static void steady(void)
{
    double rate = next_real(), warm = next_real(), window = next_real();
    nanoseconds due = now(), begin = due + (nanoseconds)(warm * 1e9);
    keep_pace(&due, 1 / rate, begin);
    clear_latencies();
    uint64_t got = deliveries, events = events_completed;
    struct meter meter = start_meter();
    keep_pace(&due, 1 / rate, begin + (nanoseconds)(window * 1e9));
    say_measured(meter, deliveries - got, events_completed - events, events_published - events_completed);
    drain();
}

/* For each event that everybody has, another one; ends when an event has come to everybody. */
static void keep_flying(unsigned flight, uint64_t at_least, nanoseconds end)
{
    uint64_t before = events_completed, seen = deliveries;
    nanoseconds patience = now() + (nanoseconds)(SILENCE * 1e9);
    for (bool completed = false; !completed || events_completed - before < at_least || now() < end;) {
        while (events_published - events_completed < flight)
            publish(any_stream(), now());
        flush_publishers();
        uint64_t had = events_completed;
        pump(patience);
        completed = events_completed > had;
        if (deliveries > seen)
            seen = deliveries, patience = now() + (nanoseconds)(SILENCE * 1e9);
        else if (now() >= patience)
            fail("%llu messages came, and then none for %g s", (unsigned long long)deliveries, SILENCE);
    }
}

static void closed_loop(void)
{
    unsigned flight = (unsigned)next_number();
    double warm = next_real(), window = next_real();
    keep_flying(flight, flight, now() + (nanoseconds)(warm * 1e9));
    clear_latencies();
    uint64_t events = events_completed, got = events_deliveries();
    struct meter meter = start_meter();
    keep_flying(flight, flight, meter.begin + (nanoseconds)(window * 1e9));
    say_measured(meter, events_deliveries() - got, events_completed - events, events_published - events_completed);
    drain();
}

static void close_all(void)
{
    close_clients();
    forget_streams();
    printf("closed\n");
}

static const struct {
    const char *name;
    void (*act)(void);
} commands[] = {
    {"server", set_server},    {"dialect", set_dialect},  {"reply", set_reply}, {"publisher", add_publishers},
    {"stream", define_stream}, {"client", define_client}, {"open", open_all},   {"fire", fire},
    {"steady", steady},        {"closed", closed_loop},   {"rest", rest},       {"close", close_all},
};

static void obey(char *line)
{
    char *name = strtok(line, " \n");
    if (name && !strcmp(name, "sample"))
        return answer_bytes(sample);
    if (name && !strcmp(name, "answer"))
        return answer_bytes(answer);
    for (size_t i = 0; name && i < sizeof commands / sizeof *commands; i++)
        if (!strcmp(name, commands[i].name))
            return commands[i].act();
    fail("there is no command %s", name ? name : "without a name");
}

int main(void)
{
    char line[4096];
    start_loop();
    while (fgets(line, sizeof line, stdin)) {
        obey(line);
        fflush(stdout);
    }
    return 0;
}
