/* Convolutions over three pixels or three frames with fewer multiplications (Winograd 1980; Lavin and Gray,
   arXiv:1509.09308): four neighbouring outputs from six inputs with six products in place of twelve, over rows and
   columns 36 in place of 144. The points are 0, +-sqrt(1/2), +-sqrt(2) and infinity, which round less than 0, +-1, +-2.

   Tensors are N T H W C, C being a multiple of lanes(). A tile is the six (over frames) or 6 x 6 (over pixels) inputs
   of four or 4 x 4 outputs; a chunk of tiles stays in the cache from its inputs to its outputs. */

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#if defined(__AVX512F__)
#define LANES 16
#define MOST 4 /* vectors of outputs that a micro-kernel sums at a time */
#elif defined(__AVX__)
#define LANES 8
#define MOST 2
#else
#define LANES 4
#define MOST 4
#endif
#define ROWS 6 /* tiles that a micro-kernel takes at a time */

typedef float vec __attribute__((vector_size(4 * LANES), aligned(4)));
typedef int mask __attribute__((vector_size(4 * LANES), aligned(4)));

typedef struct {
    const float *x, *weights, *bias, *add; /* add: what is added to the outputs, or none */
    float *y, *scratch;
    long clips, frames, rows, columns, inputs, outputs; /* inputs and outputs: channels */
    long taps, pad, out_frames; /* frames that a kernel over pixels covers, and zeros before the first; else 0 taps */
    long relu, width, chunk, threads; /* width: vectors in a block of weights; chunk: tiles, a multiple of ROWS */
    long tiles, down, across;
    atomic_long next;
} Job;

static const float A = 0.70710678118654752f, B = 1.41421356237309505f;

static inline vec load(const float *from) { return *(const vec *)from; }
static inline void store(float *to, vec v) { *(vec *)to = v; }

static inline __attribute__((always_inline)) void into(const vec *d, long step, vec *out, long out_step) {
    vec even = d[4 * step] - 2.0f * d[2 * step], odd = A * (d[3 * step] - 2.0f * d[step]);
    vec even2 = d[4 * step] - 0.5f * d[2 * step], odd2 = B * (d[3 * step] - 0.5f * d[step]);
    out[0] = d[0] - 2.5f * d[2 * step] + d[4 * step];
    out[out_step] = even + odd;
    out[2 * out_step] = even - odd;
    out[3 * out_step] = even2 + odd2;
    out[4 * out_step] = even2 - odd2;
    out[5 * out_step] = d[5 * step] - 2.5f * d[3 * step] + d[step];
}

static inline __attribute__((always_inline)) void outof(const vec *m, long step, vec *out, long out_step) {
    vec sum = m[step] + m[2 * step], diff = m[step] - m[2 * step];
    vec sum2 = m[3 * step] + m[4 * step], diff2 = m[3 * step] - m[4 * step];
    out[0] = m[0] + sum + sum2;
    out[out_step] = A * diff + B * diff2;
    out[2 * out_step] = 0.5f * sum + 2.0f * sum2;
    out[3 * out_step] = (0.5f * A) * diff + (2.0f * B) * diff2 + m[5 * step];
}

static inline __attribute__((always_inline)) void micro(
    const float *v, const float *w, float *m, long depth, long outputs, const int width) {
    vec sums[ROWS][MOST];
    for (int r = 0; r < ROWS; r++)
        for (int k = 0; k < width; k++) sums[r][k] = (vec){0};
    for (long c = 0; c < depth; c++, w += width * LANES)
        for (int r = 0; r < ROWS; r++)
            for (int k = 0; k < width; k++) sums[r][k] += v[r * depth + c] * load(w + k * LANES);
    for (int r = 0; r < ROWS; r++)
        for (int k = 0; k < width; k++) store(m + r * outputs + k * LANES, sums[r][k]);
}

/* Products of a chunk with one of the 6 or 36 matrices of weights. */
static void multiply(const Job *job, const float *v, const float *w, float *m, long tiles, long depth) {
    for (long k = 0; k < job->outputs; k += job->width * LANES, w += depth * job->width * LANES)
        for (long p = 0; p < tiles; p += ROWS) {
            const float *from = v + p * depth;
            float *to = m + p * job->outputs + k;
            switch (job->width) {
                case 1: micro(from, w, to, depth, job->outputs, 1); break;
                case 2: micro(from, w, to, depth, job->outputs, 2); break;
#if MOST > 2
                case 3: micro(from, w, to, depth, job->outputs, 3); break;
                case 4: micro(from, w, to, depth, job->outputs, 4); break;
#endif
            }
        }
}

/* Where a tile's inputs stand, seen from one tap; outside of the clip: zeros. */
static void sources(const Job *job, long tile, long tap, const float *zeros, const float **from) {
    long place = job->rows * job->columns;
    if (!job->taps) {
        long pixel = tile % place, first = tile / place % job->across * 4 - job->pad, clip = tile / place / job->across;
        for (long t = 0; t < 6; t++) {
            long frame = first + t;
            from[t] = frame < 0 || frame >= job->frames
                ? zeros : job->x + ((clip * job->frames + frame) * place + pixel) * job->inputs;
        }
        return;
    }
    long left = tile % job->across * 4 - 1, top = tile / job->across % job->down * 4 - 1;
    long out = tile / job->across / job->down, frame = out % job->out_frames + tap - job->pad;
    const float *image = job->x + (out / job->out_frames * job->frames + frame) * place * job->inputs;
    for (long i = 0; i < 36; i++) {
        long row = top + i / 6, column = left + i % 6;
        int outside = frame < 0 || frame >= job->frames || row < 0 || row >= job->rows || column < 0
            || column >= job->columns;
        from[i] = outside ? zeros : image + (row * job->columns + column) * job->inputs;
    }
}

/* Where a tile's outputs go, in numbers of y from its beginning; outside: -1. */
static void goals(const Job *job, long tile, long *to) {
    long place = job->rows * job->columns;
    if (!job->taps) {
        long pixel = tile % place, first = tile / place % job->across * 4, clip = tile / place / job->across;
        for (long t = 0; t < 4; t++)
            to[t] = first + t < job->out_frames
                ? ((clip * job->out_frames + first + t) * place + pixel) * job->outputs : -1;
        return;
    }
    long left = tile % job->across * 4, top = tile / job->across % job->down * 4;
    long frame = tile / job->across / job->down;
    for (long i = 0; i < 16; i++) {
        long row = top + i / 4, column = left + i % 4;
        to[i] = row < job->rows && column < job->columns
            ? (frame * place + row * job->columns + column) * job->outputs : -1;
    }
}

static void chunk(const Job *job, long first, long tiles, float *v, float *m, const float *zeros) {
    long flat = job->taps ? job->taps : 1, depth = flat * job->inputs, count = job->taps ? 36 : 6;
    long whole = (tiles + ROWS - 1) / ROWS * ROWS, matrix = whole * depth, product = whole * job->outputs;
    for (long p = 0; p < tiles; p++)
        for (long tap = 0; tap < flat; tap++) {
            const float *from[36];
            vec d[36], half[36];
            sources(job, first + p, tap, zeros, from);
            for (long c = 0; c < job->inputs; c += LANES) {
                float *to = v + p * depth + tap * job->inputs + c;
                for (long i = 0; i < count; i++) d[i] = load(from[i] + c);
                if (job->taps) {
                    for (int i = 0; i < 6; i++) into(d + i, 6, half + i, 6);
                    for (int i = 0; i < 6; i++) into(half + 6 * i, 1, d + 6 * i, 1);
                } else {
                    into(d, 1, half, 1);
                    memcpy(d, half, 6 * sizeof(vec));
                }
                for (long i = 0; i < count; i++) store(to + i * matrix, d[i]);
            }
        }
    for (long i = 0; i < count; i++)
        multiply(job, v + i * matrix, job->weights + i * depth * job->outputs, m + i * product, whole, depth);
    for (long p = 0; p < tiles; p++) {
        long to[16], results = job->taps ? 16 : 4;
        vec d[36], half[24], out[16];
        goals(job, first + p, to);
        for (long k = 0; k < job->outputs; k += LANES) {
            for (long i = 0; i < count; i++) d[i] = load(m + i * product + p * job->outputs + k);
            if (job->taps) {
                for (int i = 0; i < 6; i++) outof(d + i, 6, half + i, 6);
                for (int i = 0; i < 4; i++) outof(half + 6 * i, 1, out + 4 * i, 1);
            } else
                outof(d, 1, out, 1);
            vec bias = load(job->bias + k);
            for (long i = 0; i < results; i++) {
                if (to[i] < 0) continue;
                vec y = out[i] + bias;
                if (job->add) y += load(job->add + to[i] + k);
                if (job->relu) y = (vec)((mask)y & (y > 0.0f));
                store(job->y + to[i] + k, y);
            }
        }
    }
}

static long floats(const Job *job) { /* of scratch that a thread needs */
    long depth = (job->taps ? job->taps : 1) * job->inputs, count = job->taps ? 36 : 6;
    return count * job->chunk * (depth + job->outputs) + job->inputs;
}

typedef struct { Job *job; long index; } Worker;

static void *work(void *argument) {
    Worker *worker = argument;
    Job *job = worker->job;
    long depth = (job->taps ? job->taps : 1) * job->inputs, count = job->taps ? 36 : 6;
    float *zeros = job->scratch + worker->index * floats(job), *v = zeros + job->inputs;
    float *m = v + count * job->chunk * depth;
    memset(zeros, 0, job->inputs * sizeof(float));
    for (;;) {
        long first = atomic_fetch_add(&job->next, job->chunk);
        if (first >= job->tiles) return 0;
        chunk(job, first, job->tiles - first < job->chunk ? job->tiles - first : job->chunk, v, m, zeros);
    }
}

long lanes(void) { return LANES; }
long most(void) { return MOST; }

/* y = relu(x * weights + bias + add). */
int winograd(const float *x, const float *weights, const float *bias, const float *add, float *y, float *scratch,
             const long *shape) {
    Job job = {x, weights, bias, add, y, scratch, shape[0], shape[1], shape[2], shape[3], shape[4], shape[5], shape[6],
               shape[7], 0, shape[8], shape[9], shape[10], shape[11]};
    pthread_t threads[64];
    Worker workers[64];
    job.out_frames = job.frames + 2 * job.pad - (job.taps ? job.taps : 3) + 1;
    job.down = (job.rows + 3) / 4;
    job.across = job.taps ? (job.columns + 3) / 4 : (job.out_frames + 3) / 4;
    job.tiles = job.taps ? job.clips * job.out_frames * job.down * job.across
                         : job.clips * job.across * job.rows * job.columns;
    long count = job.threads > 64 ? 64 : job.threads, started = 1;
    for (long i = 0; i < count; i++) workers[i] = (Worker){&job, i};
    for (; started < count; started++)
        if (pthread_create(&threads[started], 0, work, &workers[started])) break;
    work(&workers[0]);
    for (long i = 1; i < started; i++) pthread_join(threads[i], 0);
    return 0;
}
