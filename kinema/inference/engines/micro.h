// What blocks.cpp is made of: vectors of channels, products of matrices, convolutions of each channel alone.
#pragma once
#include <cstdint>
#include <cstring>
#include <utility>

#if defined(__AVX512F__)
#include <immintrin.h>
#define IN_REGISTER(v) __asm__("" : "+v"(v)) // not read anew from memory at each use
#else
#define IN_REGISTER(v)
#endif

typedef int64_t i64;

#if defined(__AVX512F__)
#define LANES 16
#define MOST 12 // pixels of a product at a time
#elif defined(__AVX__) || defined(__aarch64__)
#define LANES 8
#define MOST 6
#else
#define LANES 8
#define MOST 4
#endif
#define HALF 8 // channels come in multiples of it

#define INLINE inline __attribute__((always_inline))

template <int N> struct Of {
    typedef float floats __attribute__((vector_size(4 * N), aligned(4), may_alias));
    typedef int32_t ints __attribute__((vector_size(4 * N), aligned(4), may_alias));
};
template <int N> using Floats = typename Of<N>::floats;

template <int N> INLINE Floats<N> load(const float *from) { return *(const Floats<N> *)from; }
template <int N> INLINE void store(float *to, Floats<N> v) { *(Floats<N> *)to = v; }
template <int N> INLINE Floats<N> relu(Floats<N> v) {
    return (Floats<N>)((typename Of<N>::ints)v & (v > 0.0f));
}

// 1 / v, to a unit of the last place or two.
template <int N> INLINE Floats<N> inverse(Floats<N> v) {
#if defined(__AVX512F__)
    if constexpr (N == 16) {
        const Floats<N> guess = (Floats<N>)_mm512_rcp14_ps((__m512)v);
        return guess * (2.0f - v * guess);
    }
#endif
    return 1.0f / v;
}

// The lesser and the greater of two, the second where they cannot be compared.
template <int N> INLINE Floats<N> least(Floats<N> a, Floats<N> b) {
#if defined(__AVX512F__)
    if constexpr (N == 16) return (Floats<N>)_mm512_min_ps((__m512)a, (__m512)b);
#endif
    return a < b ? a : b;
}
template <int N> INLINE Floats<N> greatest(Floats<N> a, Floats<N> b) {
#if defined(__AVX512F__)
    if constexpr (N == 16) return (Floats<N>)_mm512_max_ps((__m512)a, (__m512)b);
#endif
    return a > b ? a : b;
}

// 1 / (1 + exp(-v)), to some units of the last place: 2^n is put into the exponent, 2^f with |f| <= 1/2 is a polynomial.
template <int N> INLINE Floats<N> sigmoid(Floats<N> v) {
    typedef typename Of<N>::ints ints;
    const Floats<N> top = Floats<N>{} + 126.0f;
    const Floats<N> t = greatest<N>(least<N>(v * -1.44269504f, top), -top);
    const Floats<N> whole = t + 12582912.0f; // 1.5 * 2^23: rounds, and leaves n in the lowest bits
    const Floats<N> f = t - (whole - 12582912.0f);
    Floats<N> p = f * 0.00132765f + 0.00967554f;
    p = p * f + 0.05550713f;
    p = p * f + 0.2402212f;
    p = p * f + 0.69314697f;
    p = p * f + 1.00000007f;
    return inverse<N>(1.0f + (Floats<N>)((ints)p + ((ints)whole << 23)));
}

// How a channel is bent after it was convolved alone.
enum { RELU = 1, SWISH = 2 };
template <int N> INLINE Floats<N> bent(Floats<N> v, i64 how) {
    return how == SWISH ? v * sigmoid<N>(v) : how == RELU ? relu<N>(v) : v;
}

template <int P> struct Number { static constexpr int value = P; };

// Call `each` with the constants from 0 to N - 1: what it indexes by them stays in registers.
template <typename Each, int... I> INLINE void unroll(Each each, std::integer_sequence<int, I...>) {
    (each(Number<I>()), ...);
}
template <int N, typename Each> INLINE void repeat(Each each) { unroll(each, std::make_integer_sequence<int, N>()); }
#define EACH(i) [&](auto i) __attribute__((always_inline))

// sums += a * w: P pixels of a, `step` floats apart, by `depth` rows of J vectors.
template <int N, int P, int J>
INLINE void multiply(const float *a, i64 step, i64 depth, const float *w, Floats<N> (&sums)[P * J]) {
    for (i64 c = 0; c < depth; c++, w += J * N) {
        Floats<N> row[J];
        repeat<J>(EACH(j) { row[j.value] = load<N>(w + j.value * N); });
        repeat<P>(EACH(p) {
            const float own = a[p.value * step + c];
            repeat<J>(EACH(j) { sums[p.value * J + j.value] += own * row[j.value]; });
        });
    }
}

// P neighbouring outputs of a channel's convolution, S pixels apart: sums over `count` rows of three weights,
// `further` floats on.
struct Tap { const float *row, *weights; };
template <int N, int P, int S>
INLINE void columns(const Tap *taps, i64 count, i64 further, Floats<N> (&sums)[P]) {
    for (const Tap *tap = taps; tap < taps + count; tap++) {
        const float *from = tap->row + further, *own = tap->weights;
        const Floats<N> weights[3] = {load<N>(own), load<N>(own + N), load<N>(own + 2 * N)};
        repeat<(P - 1) * S + 3>(EACH(i) {
            constexpr int I = decltype(i)::value;
            Floats<N> x = load<N>(from + I * N);
            IN_REGISTER(x);
            repeat<3>(EACH(k) {
                constexpr int K = decltype(k)::value;
                if constexpr (I >= K && (I - K) % S == 0 && (I - K) / S < P) sums[(I - K) / S] += weights[K] * x;
            });
        });
    }
}

// Call `each(number)` with a constant from 1 to MOST that is `count`.
template <int P, typename Each> INLINE void with_number(i64 count, Each each) {
    if constexpr (P > 0) {
        if (count == P) each(Number<P>());
        else with_number<P - 1>(count, each);
    }
}

// Cut `total` into nearly equal parts of as many pixels as J vectors leave registers for: each(first, number).
template <int J = 1, typename Each> INLINE void parts(i64 total, Each each) {
    constexpr int most = J < 3 ? MOST : MOST * 2 / 3;
    const i64 count = (total + most - 1) / most;
    for (i64 i = 0, first = 0; i < count; i++) {
        const i64 end = total * (i + 1) / count;
        with_number<most>(end - first, [&](auto number) { each(first, number); });
        first = end;
    }
}

// Call `each` with the number of channels in a vector, and the number of vectors, of a group of channels.
template <typename Each> INLINE void with_group(i64 width, Each each) {
    if (width == 2 * LANES) each(Number<LANES>(), Number<2>());
    else if (width == LANES) each(Number<LANES>(), Number<1>());
    else if (width == 3 * HALF) each(Number<HALF>(), Number<3>());
    else each(Number<HALF>(), Number<1>());
}

// The width of the next group, of so many channels that are left: two vectors, or what is left after such.
INLINE i64 group_of(i64 left) {
    return left >= 2 * LANES ? 2 * LANES : left >= 3 * HALF ? 3 * HALF : left >= LANES ? LANES : HALF;
}
