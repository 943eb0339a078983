/* Latencies, 64 buckets for each power of two: a quantile is right to 1.6%. */
#include <string.h>

#include "load.h"

#define PARTS 64
static uint64_t counts[PARTS * 60], total;

void clear_latencies(void)
{
    memset(counts, 0, sizeof counts);
    total = 0;
}

static unsigned bucket(nanoseconds latency)
{
    if (latency < PARTS)
        return (unsigned)latency;
    unsigned power = 63 - (unsigned)__builtin_clzll(latency);
    return (power - 5) * PARTS + (unsigned)(latency >> (power - 6)) % PARTS;
}

void count_latency(nanoseconds latency)
{
    counts[bucket(latency)]++;
    total++;
}

/* The upper end of the bucket in which this share of all latencies has been passed; 0 without any. */
nanoseconds latency_quantile(double share)
{
    uint64_t wanted = (uint64_t)(share * (double)total), seen = 0;
    for (unsigned i = 0; i < PARTS * 60; i++) {
        seen += counts[i];
        if (seen > wanted || (seen && seen == total))
            return i < PARTS ? i : ((nanoseconds)(PARTS + i % PARTS) + 1) << (i / PARTS - 1);
    }
    return 0;
}
