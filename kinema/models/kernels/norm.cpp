// Batch norm over the rows of a matrix x[row][channel], with the ReLU or SiLU that follows it.
//
// Sums are those of short runs in float32, added up in float64; what belongs to which run is told by the shape alone,
// so any number of threads gives the same bits. Numbers are stored as float32 or bfloat16, and worked with as float32.
#include "common.h"

#include <cmath>

namespace {

typedef int32_t I16 __attribute__((vector_size(64)));
typedef uint32_t U16 __attribute__((vector_size(64)));
typedef uint16_t H16 __attribute__((vector_size(32)));
typedef uint16_t Half;  // bfloat16: the upper half of a float32

const i64 RUN = 64;        // periods that are summed in float32
const i64 CHUNK = 1 << 15; // about how many numbers a thread takes at a time

inline F16 get(const float *from) { return load<F16>(from); }
inline F16 get(const Half *from) {
    H16 half;
    std::memcpy(&half, from, sizeof half);
    return (F16)(__builtin_convertvector(half, U16) << 16);
}
inline void put(float *to, F16 value) { store(to, value); }
inline void put(Half *to, F16 value) {
    const U16 bits = (U16)value;
    const H16 half = __builtin_convertvector((bits + 0x7fff + ((bits >> 16) & 1)) >> 16, H16);
    std::memcpy(to, &half, sizeof half);
}

inline F16 choose(I16 which, F16 yes, F16 no) { return (F16)((which & (I16)yes) | (~which & (I16)no)); }

// e to the power of x, to float32's rounding: 2 to a whole number times a short series.
inline F16 exponential(F16 x) {
    const F16 least = F16() - 87.0f, most = F16() + 88.0f;
    x = choose(x < least, least, choose(x > most, most, x));
    const F16 magic = F16() + 12582912.0f;  // adding it rounds to a whole number
    const F16 whole = (x * 1.44269504088896341f + magic) - magic;
    const F16 r = (x - whole * 0.693359375f) + whole * 2.12194440e-4f;
    F16 sum = r * (1.0f / 5040) + 1.0f / 720;
    for (float factor : {1.0f / 120, 1.0f / 24, 1.0f / 6, 0.5f, 1.0f, 1.0f}) sum = sum * r + factor;
    return sum * (F16)((__builtin_convertvector(whole, I16) + 127) << 23);
}

inline F16 logistic(F16 x) { return 1.0f / (1.0f + exponential(-x)); }

enum { NOTHING, RELU, SILU };

template <int ACT> inline F16 activate(F16 z) {
    if (ACT == RELU) return choose(z <= 0.0f, F16(), z);  // not a number stays that
    if (ACT == SILU) return z * logistic(z);
    return z;
}

template <int ACT> inline F16 slope(F16 g, F16 z) {  // the gradient before the activation from that after it
    if (ACT == RELU) return choose(z <= 0.0f, F16(), g);
    if (ACT == SILU) {
        const F16 s = logistic(z);
        return g * s * (1.0f + z * (1.0f - s));
    }
    return g;
}

// A matrix of M rows and C channels, read as periods: the least number of rows that makes whole vectors.
struct Periods {
    i64 total, C, length, chunk, chunks;
    Periods(i64 M, i64 C) : total(M * C), C(C), length(C) {
        while (length % 16) length += length;
        chunk = std::max<i64>(1, CHUNK / length) * length;
        chunks = (total + chunk - 1) / chunk;
    }
    std::vector<float> spread(const float *per_channel) const {
        std::vector<float> all(length);
        for (i64 i = 0; i < length; i++) all[i] = per_channel[i % C];
        return all;
    }
};

// Call `each(vector's place, in its period, how many of its 16 are there)` from `begin` to `end`.
template <typename Each> inline void vectors_of(const Periods &p, i64 begin, i64 end, Each each) {
    for (i64 at = begin; at < end; at += p.length)
        if (at + p.length <= end)
            for (i64 i = 0; i < p.length; i += 16) each(at + i, i, i64(16));
        else
            for (i64 i = 0; at + i < end; i += 16) each(at + i, i, std::min<i64>(16, end - at - i));
}

template <typename T> inline F16 get(const T *from, i64 count) {
    if (count == 16) return get(from);
    T some[16] = {};
    std::memcpy(some, from, count * sizeof(T));
    return get(some);
}
template <typename T> inline void put(T *to, F16 value, i64 count) {
    if (count == 16) return put(to, value);
    T some[16];
    put(some, value);
    std::memcpy(to, some, count * sizeof(T));
}

// Two sums for each channel of what `pair(place, in its period, count, first, second)` gives.
template <typename Pair> void sum_up(const Periods &p, double *room, double *sums, i64 threads, Pair pair) {
#pragma omp parallel for num_threads(int(threads)) schedule(static)
    for (i64 chunk = 0; chunk < p.chunks; chunk++) {
        std::vector<float> run(2 * p.length);
        double *own = room + chunk * 2 * p.C;
        std::fill(own, own + 2 * p.C, 0.0);
        const i64 last = std::min(p.total, (chunk + 1) * p.chunk);
        for (i64 begin = chunk * p.chunk; begin < last; begin += RUN * p.length) {
            std::fill(run.begin(), run.end(), 0.0f);
            float *one = run.data(), *two = one + p.length;
            vectors_of(p, begin, std::min(last, begin + RUN * p.length), [&](i64 at, i64 i, i64 count) {
                F16 first, second;
                pair(at, i, count, first, second);
                store(one + i, load<F16>(one + i) + first), store(two + i, load<F16>(two + i) + second);
            });
            for (i64 i = 0; i < p.length; i += p.C)
                for (i64 c = 0; c < p.C; c++) own[c] += one[i + c], own[p.C + c] += two[i + c];
        }
    }
    std::fill(sums, sums + 2 * p.C, 0.0);
    for (i64 chunk = 0; chunk < p.chunks; chunk++)
        for (i64 c = 0; c < 2 * p.C; c++) sums[c] += room[chunk * 2 * p.C + c];
}

template <typename Each> void everywhere(const Periods &p, i64 threads, Each each) {
#pragma omp parallel for num_threads(int(threads)) schedule(static)
    for (i64 chunk = 0; chunk < p.chunks; chunk++)
        vectors_of(p, chunk * p.chunk, std::min(p.total, (chunk + 1) * p.chunk), each);
}

inline F16 there(i64 count) {  // ones for what is there
    F16 ones = {};
    for (int i = 0; i < 16; i++) ones[i] = i < count;
    return ones;
}

inline float number(float value) { return value; }
inline float number(Half value) {
    const uint32_t bits = uint32_t(value) << 16;
    float found;
    std::memcpy(&found, &bits, sizeof found);
    return found;
}

template <typename T>
void statistics(const T *x, const Periods &p, i64 M, double *room, double *mean, double *variance, i64 threads) {
    std::vector<float> pivot(p.C);  // near the mean, so that little is lost when its square is taken off
    for (i64 c = 0; c < p.C; c++) pivot[c] = number(x[c]);
    const std::vector<float> all = p.spread(pivot.data());
    std::vector<double> sums(2 * p.C);
    sum_up(p, room, sums.data(), threads, [&](i64 at, i64 i, i64 count, F16 &first, F16 &second) {
        first = get(x + at, count) - load<F16>(&all[i]);
        if (count < 16) first *= there(count);
        second = first * first;
    });
    for (i64 c = 0; c < p.C; c++) {
        const double from_pivot = sums[c] / M;
        mean[c] = pivot[c] + from_pivot;
        variance[c] = std::max(0.0, sums[p.C + c] / M - from_pivot * from_pivot);
    }
}

template <typename T, int ACT>
void apply(const T *x, T *y, const Periods &p, const float *scale, const float *shift, i64 threads) {
    const std::vector<float> a = p.spread(scale), b = p.spread(shift);
    everywhere(p, threads, [&](i64 at, i64 i, i64 count) {
        const F16 z = get(x + at, count) * load<F16>(&a[i]) + load<F16>(&b[i]);
        put(y + at, activate<ACT>(z), count);
    });
}

template <typename T, int ACT>
void backward(const T *x, const T *g, T *dx, const Periods &p, i64 M, const float *scale, const float *shift,
              const double *mean, const double *rstd, double *room, float *dweight, float *dbias, i64 threads) {
    std::vector<float> centre_C(p.C), one_C(p.C), two_C(p.C);
    for (i64 c = 0; c < p.C; c++) centre_C[c] = float(mean[c]);
    const std::vector<float> a = p.spread(scale), b = p.spread(shift), centre = p.spread(centre_C.data());
    const auto before = [&](i64 at, i64 i, i64 count, F16 value) {  // the gradient of what was normalised
        return slope<ACT>(get(g + at, count), value * load<F16>(&a[i]) + load<F16>(&b[i]));
    };
    std::vector<double> sums(2 * p.C);
    sum_up(p, room, sums.data(), threads, [&](i64 at, i64 i, i64 count, F16 &first, F16 &second) {
        const F16 value = get(x + at, count);
        first = before(at, i, count, value);
        second = first * (value - load<F16>(&centre[i]));
    });
    for (i64 c = 0; c < p.C; c++) {
        dweight[c] = float(sums[p.C + c] * rstd[c]), dbias[c] = float(sums[c]);
        one_C[c] = float(sums[c] / M), two_C[c] = float(sums[p.C + c] * rstd[c] * rstd[c] / M);
    }
    const std::vector<float> one = p.spread(one_C.data()), two = p.spread(two_C.data());
    everywhere(p, threads, [&](i64 at, i64 i, i64 count) {
        const F16 value = get(x + at, count);
        const F16 own = before(at, i, count, value);
        const F16 centred = value - load<F16>(&centre[i]);
        put(dx + at, load<F16>(&a[i]) * (own - load<F16>(&one[i]) - centred * load<F16>(&two[i])), count);
    });
}

}  // namespace

// How many doubles the functions below need room for.
extern "C" i64 norm_room(i64 M, i64 C) { return Periods(M, C).chunks * 2 * C; }

// y = act((x - mean) * rstd * weight + bias); mean and variance (divided by M) are found, and kept. weight and bias may
// be null. `how`: 0 nothing, 1 ReLU, 2 SiLU; 4 more for bfloat16.
extern "C" void norm_forward(const void *x, void *y, i64 M, i64 C, const float *weight,
                             const float *bias, double eps, double *mean, double *variance, double *rstd, float *scale,
                             float *shift, double *room, i64 how, i64 threads) {
    const Periods p(M, C);
    const auto all = [&](auto type) {
        using T = decltype(type);
        statistics((const T *)x, p, M, room, mean, variance, threads);
        for (i64 c = 0; c < C; c++) {
            rstd[c] = 1 / std::sqrt(variance[c] + eps);
            const double factor = rstd[c] * (weight ? weight[c] : 1.0f);
            scale[c] = float(factor), shift[c] = float((bias ? bias[c] : 0.0f) - mean[c] * factor);
        }
        auto *run = how % 4 == RELU ? apply<T, RELU> : how % 4 == SILU ? apply<T, SILU> : apply<T, NOTHING>;
        run((const T *)x, (T *)y, p, scale, shift, threads);
    };
    how & 4 ? all(Half()) : all(float());
}

// The gradients of x, weight and bias from that of y.
extern "C" void norm_backward(const void *x, const void *g, void *dx, i64 M, i64 C,
                              const float *scale, const float *shift, const double *mean, const double *rstd,
                              double *room, float *dweight, float *dbias, i64 how, i64 threads) {
    const Periods p(M, C);
    const auto all = [&](auto type) {
        using T = decltype(type);
        auto *run = how % 4 == RELU ? backward<T, RELU> : how % 4 == SILU ? backward<T, SILU> : backward<T, NOTHING>;
        run((const T *)x, (const T *)g, (T *)dx, p, M, scale, shift, mean, rstd, room, dweight, dbias, threads);
    };
    how & 4 ? all(Half()) : all(float());
}
