// Depthwise convolution over frames, rows and columns, each channel for itself; float32.
//
// Axes: N clips, T frames, H rows, W columns, C channels, last and side by side: x[n][t][h][w][c]. Weights are
// w[kt][kh][kw][c]. Padding is zeros. What a thread does never depends on how many there are.
#include "common.h"

namespace {

const int WIDEST = 16;  // floats of a vector

// One row of the other tensor that a row of the answer sees: where it begins, its weights, and its first column.
struct Tap {
    const float *row, *weight;
    i64 column;  // that the answer's column 0 sees
};

// J columns of an answer, `step` apart in the other tensor; all taps lie inside it.
template <typename V, int J>
inline void columns(const Tap *taps, int count, float *out, i64 out_step, i64 j, i64 step, i64 C) {
    V sum[J];
    for (int i = 0; i < J; i++) sum[i] = V() * 0;
    for (int k = 0; k < count; k++) {
        const V weight = load<V>(taps[k].weight);
        const float *from = taps[k].row + (j * step + taps[k].column) * C;
        for (int i = 0; i < J; i++) sum[i] += weight * load<V>(from + i * step * C);
    }
    for (int i = 0; i < J; i++) store<V>(out + (j + i) * out_step, sum[i]);
}

// A column at the edge: only the taps that lie inside. Four sums, so that none waits for the one before.
template <typename V>
inline void edge(const Tap *taps, int count, float *out, i64 out_step, i64 j, i64 step, i64 W, i64 C) {
    V sum[4] = {V() * 0, V() * 0, V() * 0, V() * 0};
    for (int k = 0; k < count; k++) {
        const i64 w = j * step + taps[k].column;
        if (w >= 0 && w < W) sum[k & 3] += load<V>(taps[k].weight) * load<V>(taps[k].row + w * C);
    }
    store<V>(out + j * out_step, (sum[0] + sum[1]) + (sum[2] + sum[3]));
}

// A row of an answer, `count_j` columns of it, `out_step` floats apart; W columns has the other tensor.
void row(const std::vector<Tap> &taps, float *out, i64 out_step, i64 count_j, i64 step, i64 W, i64 C) {
    i64 first = 0, last = count_j;  // between them all taps lie inside
    for (const Tap &tap : taps) {
        first = std::max(first, tap.column < 0 ? (-tap.column + step - 1) / step : 0);
        last = std::min(last, W - 1 < tap.column ? 0 : (W - 1 - tap.column) / step + 1);
    }
    const int count = int(taps.size());
    first = std::min(first, count_j), last = std::max(last, first);
    std::vector<Tap> own(taps);
    over_channels(C, [&](auto v, i64 c, i64) {
        using V = decltype(v);
        for (int k = 0; k < count; k++) own[k].row = taps[k].row + c, own[k].weight = taps[k].weight + c;
        const Tap *at = own.data();
        i64 j = 0;
        for (; j < first; j++) edge<V>(at, count, out + c, out_step, j, step, W, C);
        for (; j + 8 <= last; j += 8) columns<V, 8>(at, count, out + c, out_step, j, step, C);
        for (; j + 4 <= last; j += 4) columns<V, 4>(at, count, out + c, out_step, j, step, C);
        for (; j + 2 <= last; j += 2) columns<V, 2>(at, count, out + c, out_step, j, step, C);
        for (; j < count_j; j++) edge<V>(at, count, out + c, out_step, j, step, W, C);
    });
}

// Of a kernel's places along an axis, those that see something: for an answer at `at`, the place `seen` of the other
// tensor. Forward, an answer is an output; backward, an input.
inline bool sees(bool backward, i64 at, i64 k, i64 stride, i64 pad, i64 length, i64 &seen) {
    const i64 from = backward ? at + pad - k : at * stride + k - pad;
    if (backward && (from % stride || from < 0)) return false;
    seen = backward ? from / stride : from;
    return seen >= 0 && seen < length;
}

// The sums of products of one row with R others, each moved by every column of a kernel: what weights are changed by.
template <typename V, int R, int K>
inline void products(const float *rows, i64 row_step, const float *g, i64 many, i64 step, i64 C, float *into, i64 kw) {
    V sum[R][K];
    for (int r = 0; r < R; r++)
        for (int k = 0; k < K; k++) sum[r][k] = load<V>(into + (r * kw + k) * WIDEST);
    for (i64 w = 0; w < many; w++) {
        const V own = load<V>(g + w * C);
        const float *at = rows + w * step * C;
        for (int r = 0; r < R; r++)
            for (int k = 0; k < K; k++) sum[r][k] += own * load<V>(at + r * row_step + k * C);
    }
    for (int r = 0; r < R; r++)
        for (int k = 0; k < K; k++) store<V>(into + (r * kw + k) * WIDEST, sum[r][k]);
}

}  // namespace

// The shape of a convolution: x is N T H W C, y is N Ty Hy Wy C.
struct Shape {
    i64 N, T, H, W, C, Ty, Hy, Wy, kt, kh, kw, st, sh, sw, pt, ph, pw;
};

// y from x, or with `backward` the gradient of x from that of y.
extern "C" void depthwise(const float *from, const float *weight, float *to, const Shape *shape, i64 backward,
                          i64 threads) {
    const Shape s = *shape;
    const i64 T = backward ? s.T : s.Ty, H = backward ? s.H : s.Hy, W = backward ? s.W : s.Wy;
    const i64 T2 = backward ? s.Ty : s.T, H2 = backward ? s.Hy : s.H, W2 = backward ? s.Wy : s.W;
    const i64 phases = backward ? s.sw : 1;
#pragma omp parallel num_threads(int(threads))
    {
        std::vector<Tap> taps;
#pragma omp for schedule(static)
        for (i64 line = 0; line < s.N * T * H; line++) {
            const i64 h = line % H, t = line / H % T, n = line / H / T;
            for (i64 phase = 0; phase < phases; phase++) {
                taps.clear();
                for (i64 kt = 0; kt < s.kt; kt++) {
                    i64 t2, h2;
                    if (!sees(backward, t, kt, s.st, s.pt, T2, t2)) continue;
                    for (i64 kh = 0; kh < s.kh; kh++) {
                        if (!sees(backward, h, kh, s.sh, s.ph, H2, h2)) continue;
                        for (i64 kw = 0; kw < s.kw; kw++) {
                            const i64 past = phase + s.pw - kw;
                            if (backward && ((past % s.sw) + s.sw) % s.sw) continue;
                            taps.push_back({from + ((n * T2 + t2) * H2 + h2) * W2 * s.C,
                                            weight + ((kt * s.kh + kh) * s.kw + kw) * s.C,
                                            backward ? past / s.sw : kw - s.pw});
                        }
                    }
                }
                const i64 columns = (W - phase + phases - 1) / phases;
                row(taps, to + (line * W + phase) * s.C, phases * s.C, columns, backward ? 1 : s.sw, W2, s.C);
            }
        }
    }
}

namespace {

// What one row of y's gradient does to the weights of `lines` rows of the kernel, which see `rows` of x.
template <typename V> void line(const float *rows, i64 lines, const float *g, float *into, const Shape &s) {
    // Columns of y between which all columns of the kernel lie inside x.
    const i64 first = std::min((s.pw + s.sw - 1) / s.sw, s.Wy), step = s.W * s.C;
    const i64 last = std::max(first, std::min(s.Wy, s.W + s.pw < s.kw ? 0 : (s.W + s.pw - s.kw) / s.sw + 1));
    for (i64 w = 0; w < s.Wy; w = w + 1 == first ? last : w + 1) {
        if (w == first && (w = last) == s.Wy) break;
        for (i64 k = 0; k < s.kw; k++) {
            const i64 wx = w * s.sw + k - s.pw;
            if (wx < 0 || wx >= s.W) continue;
            for (i64 r = 0; r < lines; r++) {
                float *own = into + (r * s.kw + k) * WIDEST;
                store<V>(own, load<V>(own) + load<V>(g + w * s.C) * load<V>(rows + r * step + wx * s.C));
            }
        }
    }
    const i64 many = last - first;
    g += first * s.C, rows += (first * s.sw - s.pw) * s.C;
    if (!many) return;
    for (i64 r = 0; r < lines;) {
        const float *at = rows + r * step;
        float *own = into + r * s.kw * WIDEST;
        if (s.kw == 3 && lines - r >= 3)
            products<V, 3, 3>(at, step, g, many, s.sw, s.C, own, s.kw), r += 3;
        else if (s.kw == 3 && lines - r == 2)
            products<V, 2, 3>(at, step, g, many, s.sw, s.C, own, s.kw), r += 2;
        else if (s.kw == 3)
            products<V, 1, 3>(at, step, g, many, s.sw, s.C, own, s.kw), r += 1;
        else {
            for (i64 k = 0; k < s.kw; k++)
                products<V, 1, 1>(at + k * s.C, step, g, many, s.sw, s.C, own + k * WIDEST, s.kw);
            r += 1;
        }
    }
}

i64 chunks_of(const Shape &s) { return std::min<i64>(s.N * s.Ty, 32); }

}  // namespace

// How many floats `depthwise_weight` needs room for: a sum for each weight in each of some chunks of the clips.
extern "C" i64 depthwise_room(const Shape *s) { return chunks_of(*s) * s->kt * s->kh * s->kw * vectors(s->C) * WIDEST; }

// The gradient of the weights from x and the gradient of y.
extern "C" void depthwise_weight(const float *x, const float *g, float *room, float *to, const Shape *shape,
                                 i64 threads) {
    const Shape s = *shape;
    const i64 taps = s.kt * s.kh * s.kw, size = taps * vectors(s.C) * WIDEST;
    const i64 planes = s.N * s.Ty, chunks = chunks_of(s);
#pragma omp parallel for num_threads(int(threads)) schedule(dynamic)
    for (i64 chunk = 0; chunk < chunks; chunk++) {
        float *part = room + chunk * size;
        std::memset(part, 0, size * sizeof(float));
        for (i64 plane = planes * chunk / chunks; plane < planes * (chunk + 1) / chunks; plane++) {
            const i64 t = plane % s.Ty, n = plane / s.Ty;
            for (i64 h = 0; h < s.Hy; h++) {
                const i64 low = std::max<i64>(0, s.ph - h * s.sh), high = std::min(s.kh, s.H + s.ph - h * s.sh);
                const float *own = g + (plane * s.Hy + h) * s.Wy * s.C;
                for (i64 kt = 0; kt < s.kt; kt++) {
                    i64 tx;
                    if (high <= low || !sees(false, t, kt, s.st, s.pt, s.T, tx)) continue;
                    const float *rows = x + ((n * s.T + tx) * s.H + h * s.sh + low - s.ph) * s.W * s.C;
                    over_channels(s.C, [&](auto v, i64 c, i64 number) {
                        float *into = part + (number * taps + (kt * s.kh + low) * s.kw) * WIDEST;
                        line<decltype(v)>(rows + c, high - low, own + c, into, s);
                    });
                }
            }
        }
    }
    over_channels(s.C, [&](auto v, i64 c, i64 number) {
        for (i64 k = 0; k < taps; k++)
            for (i64 i = 0; i < i64(sizeof(v) / sizeof(float)); i++) {
                double sum = 0;
                for (i64 chunk = 0; chunk < chunks; chunk++) sum += room[chunk * size + (number * taps + k) * WIDEST + i];
                to[k * s.C + c + i] = float(sum);
            }
    });
}
