// Products of a long matrix with a small one, and of two long ones over their rows; float32, each row side by side.
//
// Tiles of 8 rows and up to 48 columns are summed in registers. What is summed in which order is told by the shapes
// alone, so any number of threads gives the same bits.
#include "common.h"

namespace {

const i64 LINES = 96;  // rows that a thread takes at a time
const i64 RUN = 64;    // rows that are summed in registers

// R rows of x, each `x_step` apart, times V vectors of `inner` rows of b, each `b_step` apart.
template <int R, int V>
inline void tile(const float *x, i64 x_row, i64 x_step, const float *b, i64 b_step, i64 inner, F16 (&sum)[R][V]) {
    for (int r = 0; r < R; r++)
        for (int v = 0; v < V; v++) sum[r][v] = F16();
    for (i64 k = 0; k < inner; k++) {
        F16 own[V];
        for (int v = 0; v < V; v++) own[v] = load<F16>(b + k * b_step + 16 * v);
        for (int r = 0; r < R; r++) {
            const F16 factor = F16() + x[r * x_row + k * x_step];
            for (int v = 0; v < V; v++) sum[r][v] += factor * own[v];
        }
    }
}

// Call `each` with a number of rows and of vectors, both known to the compiler, for tiles that cover a matrix.
template <int V, typename Each> void down(i64 rows, i64 v, Each each) {
    i64 r = 0;
    for (; r + 8 <= rows; r += 8) each(std::integral_constant<int, 8>(), std::integral_constant<int, V>(), r, v);
    if (r + 4 <= rows) each(std::integral_constant<int, 4>(), std::integral_constant<int, V>(), r, v), r += 4;
    for (; r < rows; r++) each(std::integral_constant<int, 1>(), std::integral_constant<int, V>(), r, v);
}

template <typename Each> void tiles(i64 rows, i64 vectors, Each each) {
    for (i64 v = 0; v < vectors;) {
        const i64 left = vectors - v;
        if (left == 1) down<1>(rows, v, each), v += 1;
        else if (left == 2 || left == 4) down<2>(rows, v, each), v += 2;
        else down<3>(rows, v, each), v += 3;
    }
}

// A matrix of `rows` x C, its rows padded with zeros to whole vectors.
void pad(const float *from, float *to, i64 rows, i64 C, i64 width) {
    for (i64 r = 0; r < rows; r++) {
        std::memcpy(to + r * width, from + r * C, C * sizeof(float));
        std::fill(to + r * width + C, to + (r + 1) * width, 0.0f);
    }
}

i64 padded(i64 C) { return (C + 15) / 16 * 16; }

i64 chunks_of(i64 M, i64 C, i64 O) {
    const i64 most = std::max<i64>(1, (4 << 20) / (O * padded(C)));
    return std::min<i64>({32, most, (M + RUN - 1) / RUN});
}

}  // namespace

// y[M][O] = x[M][C] times b[C][O].
extern "C" void product(const float *x, const float *b, float *y, i64 M, i64 C, i64 O, i64 threads) {
    const i64 width = padded(O);
    std::vector<float> whole(C * width);
    pad(b, whole.data(), C, O, width);
    std::vector<float> panels(C * width);  // the columns of a tile together: [first vector][C][of the tile]
    tiles(1, width / 16, [&](auto, auto V, i64, i64 v) {
        for (i64 c = 0; c < C; c++)
            std::memcpy(&panels[v * 16 * C + c * 16 * V], &whole[c * width + v * 16], 64 * V);
    });
#pragma omp parallel for num_threads(int(threads)) schedule(static)
    for (i64 chunk = 0; chunk < (M + LINES - 1) / LINES; chunk++) {
        const i64 first = chunk * LINES, rows = std::min(LINES, M - first);
        tiles(rows, width / 16, [&](auto R, auto V, i64 r, i64 v) {
            F16 sum[R][V];
            tile<R, V>(x + (first + r) * C, C, 1, &panels[v * 16 * C], 16 * V, C, sum);
            for (int i = 0; i < R; i++)
                for (int j = 0; j < V; j++) {
                    const i64 column = (v + j) * 16;
                    float *to = y + (first + r + i) * O + column;
                    if (column + 16 <= O) store(to, sum[i][j]);
                    else std::memcpy(to, &sum[i][j], (O - column) * sizeof(float));
                }
        });
    }
}

// How many floats `product_over_rows` needs room for.
extern "C" i64 product_room(i64 M, i64 C, i64 O) { return chunks_of(M, C, O) * O * padded(C); }

// to[O][C] = g[M][O] transposed, times x[M][C].
extern "C" void product_over_rows(const float *g, const float *x, float *room, float *to, i64 M, i64 C, i64 O,
                                  i64 threads) {
    const i64 width = padded(C), chunks = chunks_of(M, C, O), size = O * width;
#pragma omp parallel for num_threads(int(threads)) schedule(dynamic)
    for (i64 chunk = 0; chunk < chunks; chunk++) {
        float *part = room + chunk * size;
        std::fill(part, part + size, 0.0f);
        std::vector<float> wide(RUN * width);
        const i64 last = M * (chunk + 1) / chunks;
        for (i64 m = M * chunk / chunks; m < last; m += RUN) {
            const i64 rows = std::min(RUN, last - m);
            pad(x + m * C, wide.data(), rows, C, width);
            tiles(O, width / 16, [&](auto R, auto V, i64 r, i64 v) {
                F16 sum[R][V];
                tile<R, V>(g + m * O + r, 1, O, &wide[v * 16], width, rows, sum);
                for (int i = 0; i < R; i++)
                    for (int j = 0; j < V; j++) {
                        float *own = part + (r + i) * width + (v + j) * 16;
                        store(own, load<F16>(own) + sum[i][j]);
                    }
            });
        }
    }
    for (i64 o = 0; o < O; o++)
        for (i64 c = 0; c < C; c++) {
            double sum = 0;
            for (i64 chunk = 0; chunk < chunks; chunk++) sum += room[chunk * size + o * width + c];
            to[o * C + c] = float(sum);
        }
}
