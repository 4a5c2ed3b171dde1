/* Residual blocks that widen the channels, convolve each alone over 3 x 3 x 3 and narrow them again (X3D,
   arXiv:2004.04730; CSN, arXiv:1904.02811), one after the other, with few visits to memory.

   Tensors are T H W C. First, a group of channels is widened frame by frame into a ring of three frames that stays in
   the cache, from which it is convolved; then all channels are narrowed and the shortcut is added. Between the two,
   and where a gate needs the mean of a clip, the threads wait for each other. */
#include "team.h"

struct Block {
    i64 frames, rows, columns, inputs, out_frames, out_rows, out_columns, outputs, hidden; // the last three: channels
    i64 step, frame_step, pad; // over pixels and frames; frames of zeros before the first
    i64 bend, squeezed;        // the gate's channels, or none
    i64 bands, band, groups;   // rows of outputs in a band
    const i64 *widths;         // channels of each group
    const float *expand, *expand_bias, *alone, *alone_bias, *squeeze, *squeeze_bias, *excite, *excite_bias, *project,
        *project_bias, *shortcut;
};

// Rows of outputs of N channels of a frame, each convolved alone, and their sum. A few columns of all rows are taken at a
// time, so that what a row sees is still near when the next one sees it.
template <int N>
static Floats<N> convolve(const Block &b, const Tap *taps, i64 count, i64 line, const float *bias, i64 rows, float *y) {
    Floats<N> sum = {};
    parts(b.out_columns, [&](i64 at, auto number) {
        constexpr int P = decltype(number)::value;
        float *to = y + at * b.hidden;
        Floats<N> own = {};
        for (i64 row = 0; row < rows; row++, to += b.out_columns * b.hidden) {
            Floats<N> sums[P];
            repeat<P>(EACH(p) { sums[p.value] = load<N>(bias); });
            if (b.step == 1) columns<N, P, 1>(taps, count, row * line + at * N, sums);
            else columns<N, P, 2>(taps, count, 2 * (row * line + at * N), sums);
            if (b.squeezed) repeat<P>(EACH(p) { own += sums[p.value]; });
            else repeat<P>(EACH(p) { sums[p.value] = bent<N>(sums[p.value], b.bend); });
            repeat<P>(EACH(p) { store<N>(to + p.value * b.hidden, sums[p.value]); });
        }
        sum += own;
    });
    return sum;
}

// Rows of outputs of J vectors of N channels: widened into the ring of frames, and convolved.
template <int N, int J>
static void widen(const Block &b, const float *x, float *y, float *total, i64 band, i64 channel, const float *expand,
                  const float *alone, float *ring, int32_t *place) {
    const i64 top = band * b.band, end = top + b.band < b.out_rows ? top + b.band : b.out_rows;
    const i64 above = top * b.step - 1, lines = (end - top - 1) * b.step + 3;
    const i64 first = above < 0 ? 0 : above, last = above + lines < b.rows ? above + lines : b.rows;
    const i64 line = (b.columns + 2) * N, plane = lines * line, slot = J * plane, pixels = (last - first) * b.columns;
    const float *expand_bias = b.expand_bias + channel, *alone_bias = b.alone_bias + channel;
    for (float *row = ring; row < ring + 3 * slot; row += line) {
        const i64 at = (row - ring) % plane / line + above;
        if (at < first || at >= last) memset(row, 0, line * sizeof(float));
        store<N>(row, Floats<N>{}), store<N>(row + line - N, Floats<N>{});
    }
    for (i64 i = 0; i < pixels; i++)
        place[i] = ((i / b.columns + first - above) * (b.columns + 2) + 1 + i % b.columns) * N;
    Floats<N> sum[J] = {};
    i64 frame = b.pad > 0 ? 0 : -b.pad;
    for (i64 t = 0; t < b.out_frames; t++) {
        const i64 before = t * b.frame_step - b.pad;
        for (; frame < b.frames && frame <= before + 2; frame++) {
            float *to = ring + frame % 3 * slot;
            const float *from = x + (frame * b.rows + first) * b.columns * b.inputs;
            parts<J>(pixels, [&](i64 at, auto number) {
                constexpr int P = decltype(number)::value;
                Floats<N> sums[P * J];
                repeat<P * J>(EACH(i) { sums[i.value] = load<N>(expand_bias + i.value % J * N); });
                multiply<N, P, J>(from + at * b.inputs, b.inputs, b.inputs, expand, sums);
                repeat<P * J>(EACH(i) {
                    store<N>(to + i.value % J * plane + place[at + i.value / J], relu<N>(sums[i.value]));
                });
            });
        }
        for (int j = 0; j < J; j++) {
            Tap taps[9];
            i64 count = 0;
            for (i64 k = 0; k < 9; k++) {
                const i64 seen = before + k / 3;
                if (seen >= 0 && seen < b.frames)
                    taps[count++] = {ring + seen % 3 * slot + j * plane + k % 3 * line, alone + (j * 9 + k) * 3 * N};
            }
            sum[j] += convolve<N>(b, taps, count, line, alone_bias + j * N, end - top,
                                  y + (t * b.out_rows + top) * b.out_columns * b.hidden + channel + j * N);
        }
    }
    for (int j = 0; j < J; j++) store<N>(total + band * b.hidden + channel + j * N, sum[j]);
}

// What each channel is multiplied by, from the sums of the bands.
static void gate_of(const Block &b, const float *sums, float *gate) {
    float squeezed[1024];
    const float share = 1.0f / (b.out_frames * b.out_rows * b.out_columns);
    memcpy(squeezed, b.squeeze_bias, b.squeezed * sizeof(float));
    for (i64 c = 0; c < b.hidden; c++) {
        float mean = 0;
        for (i64 band = 0; band < b.bands; band++) mean += sums[band * b.hidden + c];
        mean *= share;
        for (i64 k = 0; k < b.squeezed; k++) squeezed[k] += mean * b.squeeze[c * b.squeezed + k];
    }
    memcpy(gate, b.excite_bias, b.hidden * sizeof(float));
    for (i64 k = 0; k < b.squeezed; k++)
        for (i64 c = 0; c < b.hidden; c++) gate[c] += (squeezed[k] > 0 ? squeezed[k] : 0) * b.excite[k * b.hidden + c];
    for (i64 c = 0; c < b.hidden; c += HALF) store<HALF>(gate + c, sigmoid<HALF>(load<HALF>(gate + c)));
}

// J vectors of N outputs of some pixels, from all channels in between and from the shortcut.
template <int N, int J>
static void narrow(const Block &b, const float *middle, const float *beside, float *y, i64 pixels, i64 channel) {
    const float *weights = b.project + channel * b.hidden, *bias = b.project_bias + channel;
    parts<J>(pixels, [&](i64 at, auto number) {
        constexpr int P = decltype(number)::value;
        Floats<N> sums[P * J];
        repeat<P * J>(EACH(i) { sums[i.value] = load<N>(bias + i.value % J * N); });
        multiply<N, P, J>(middle + at * b.hidden, b.hidden, b.hidden, weights, sums);
        if (b.shortcut)
            multiply<N, P, J>(beside + at * b.inputs, b.inputs, b.inputs, b.shortcut + channel * b.inputs, sums);
        repeat<P * J>(EACH(i) {
            const i64 to = (at + i.value / J) * b.outputs + channel + i.value % J * N;
            store<N>(y + to, relu<N>(b.shortcut ? sums[i.value] : sums[i.value] + load<N>(beside + to)));
        });
    });
}

#define SOME 48 // pixels that are narrowed at a time

static void narrowed(const Block &b, const float *x, float *middle, const float *gate, float *y, float *buffer,
                     i64 first, i64 pixels) {
    middle += first * b.hidden;
    for (i64 p = 0; b.squeezed && p < pixels * b.hidden; p += b.hidden)
        for (i64 c = 0, width; c < b.hidden; c += width) {
            width = b.hidden - c >= LANES ? LANES : HALF;
            auto bend = [&](auto n) {
                constexpr int N = decltype(n)::value;
                store<N>(middle + p + c, bent<N>(load<N>(middle + p + c) * load<N>(gate + c), b.bend));
            };
            if (width == LANES) bend(Number<LANES>());
            else bend(Number<HALF>());
        }
    const float *beside = x + first * b.inputs;
    if (b.shortcut && (b.step > 1 || b.frame_step > 1)) {
        for (i64 p = 0; p < pixels; p++) {
            const i64 column = (first + p) % b.out_columns, row = (first + p) / b.out_columns % b.out_rows;
            const i64 frame = (first + p) / b.out_columns / b.out_rows;
            memcpy(buffer + p * b.inputs, x + ((frame * b.frame_step * b.rows + row * b.step) * b.columns
                                               + column * b.step) * b.inputs, b.inputs * sizeof(float));
        }
        beside = buffer;
    }
    for (i64 c = 0, width; c < b.outputs; c += width)
        with_group(width = group_of(b.outputs - c), [&](auto n, auto vectors) {
            narrow<decltype(n)::value, decltype(vectors)::value>(
                b, middle, beside, y + first * b.outputs, pixels, c);
        });
}

// Item by item of a group of channels and a band of rows, all that is widened and convolved.
static void widened(const Block &b, const float *x, float *middle, float *sums, float *own, i64 item) {
    const i64 group = item / b.bands;
    i64 channel = 0;
    for (i64 g = 0; g < group; g++) channel += b.widths[g];
    float *ring = own + (b.rows * b.columns + 15) / 16 * 16;
    with_group(b.widths[group], [&](auto n, auto vectors) {
        widen<decltype(n)::value, decltype(vectors)::value>(
            b, x, middle, sums, item % b.bands, channel, b.expand + channel * b.inputs, b.alone + channel * 27, ring,
            (int32_t *)own);
    });
}

extern "C" i64 lanes(void) { return LANES; }

// y from x through all blocks. `between`: room for what goes from one to the next, twice; `middle`: for what is
// narrowed; `sums`: for the channels of each band; `scratch`: `own` floats for each thread, at a multiple of 64 bytes.
extern "C" void blocks(const Block *all, i64 count, const float *x, float *y, float *between, i64 room, float *middle,
                       float *sums, float *scratch, i64 own, i64 threads) {
    Team(threads, [=](Team &team, i64 number) {
        float *mine = scratch + number * own;
        const float *from = x;
        for (i64 i = 0; i < count; i++) {
            const Block &b = all[i];
            float *to = i + 1 == count ? y : between + i % 2 * room;
            team.share(b.groups * b.bands, [&](i64 item) { widened(b, from, middle, sums, mine, item); });
            float *gate = mine, *buffer = mine + (b.hidden + 15) / 16 * 16;
            if (b.squeezed) gate_of(b, sums, gate);
            const i64 pixels = b.out_frames * b.out_rows * b.out_columns, most = threads * SOME;
            const i64 items = (pixels + most - 1) / most * threads;
            team.share(items, [&](i64 item) {
                const i64 first = pixels * item / items, end = pixels * (item + 1) / items;
                narrowed(b, from, middle, gate, to, buffer, first, end - first);
            });
            from = to;
        }
    });
}
