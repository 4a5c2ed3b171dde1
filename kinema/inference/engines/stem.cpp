/* A convolution over 3 x 3 pixels, two apart, of a clip C T H W, and one over frames of each channel it gives: the
   beginning of X3D. Bands of rows go through both, so that what is between them stays in the cache. */
#include "team.h"

#define TAPS 9 // frames that the second covers, at most

struct Stem {
    i64 inputs, frames, rows, columns, out_rows, out_columns, outputs, taps; // taps: frames that the second covers
    const float *pixels, *pixels_bias, *frames_weights, *frames_bias;
};

// J vectors of N channels of a row of one frame, of which `seen` holds what the kernel's rows see.
template <int N, int J>
static void over_pixels(const Stem &s, const float *seen, i64 width, float *y, i64 channel) {
    const float *bias = s.pixels_bias + channel, *weights = s.pixels + channel * s.inputs * 9;
    parts<J>(s.out_columns, [&](i64 at, auto number) {
        constexpr int P = decltype(number)::value;
        Floats<N> sums[P * J];
        repeat<P * J>(EACH(i) { sums[i.value] = load<N>(bias + i.value % J * N); });
        for (i64 row = 0; row < s.inputs * 3; row++)
            multiply<N, P, J>(seen + row * width + at * 2, 2, 3, weights + row * 3 * J * N, sums);
        repeat<P * J>(EACH(i) {
            store<N>(y + (at + i.value / J) * s.outputs + channel + i.value % J * N, sums[i.value]);
        });
    });
}

// A row of all frames. `own`: room for what is seen of a frame, and for a row of `taps` frames.
static void row_of(const Stem &s, const float *x, float *y, float *own, i64 row) {
    const i64 width = s.columns + 2, size = s.out_columns * s.outputs, reach = s.taps / 2;
    float *ring = own + s.inputs * 3 * width;
    for (i64 frame = 0; frame < s.frames + reach; frame++) {
        if (frame < s.frames) {
            for (i64 i = 0; i < s.inputs * 3; i++) {
                const i64 from = 2 * row + i % 3 - 1;
                float *to = own + i * width;
                to[0] = to[width - 1] = 0;
                if (from < 0 || from >= s.rows) memset(to, 0, width * sizeof(float));
                else memcpy(to + 1, x + ((i / 3 * s.frames + frame) * s.rows + from) * s.columns,
                            s.columns * sizeof(float));
            }
            for (i64 c = 0, group; c < s.outputs; c += group)
                with_group(group = group_of(s.outputs - c), [&](auto n, auto vectors) {
                    over_pixels<decltype(n)::value, decltype(vectors)::value>(
                        s, own, width, ring + frame % s.taps * size, c);
                });
        }
        const i64 t = frame - reach; // whose last frame has now been seen
        if (t < 0) continue;
        float *to = y + (t * s.out_rows + row) * size;
        const i64 first = t < reach ? reach - t : 0, last = s.frames - t + reach < s.taps ? s.frames - t + reach : s.taps;
        const float *seen[TAPS];
        for (i64 k = first; k < last; k++) seen[k] = ring + (t + k - reach) % s.taps * size;
        for (i64 pixel = 0; pixel < size; pixel += s.outputs)
            for (i64 c = 0; c < s.outputs; c += HALF) {
                Floats<HALF> sum = load<HALF>(s.frames_bias + c);
                for (i64 k = first; k < last; k++)
                    sum += load<HALF>(s.frames_weights + k * s.outputs + c) * load<HALF>(seen[k] + pixel + c);
                store<HALF>(to + pixel + c, relu<HALF>(sum));
            }
    }
}

// y (T H W K) from x (C T H W); `scratch` has `own` floats for each thread.
extern "C" void stem(const Stem *stem, const float *x, float *y, float *scratch, i64 own, i64 threads) {
    Team(threads, [=](Team &team, i64 number) {
        team.share(stem->out_rows, [&](i64 row) { row_of(*stem, x, y, scratch + number * own, row); });
    });
}
