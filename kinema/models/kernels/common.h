// What the kernels share: vectors of channels, whose elements lie side by side in memory.
#pragma once
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <vector>

typedef int64_t i64;
typedef float F16 __attribute__((vector_size(64)));
typedef float F8 __attribute__((vector_size(32)));
typedef float F4 __attribute__((vector_size(16)));

// Memory need not be aligned: channels come in any number.
template <typename V> static inline V load(const float *from) {
    V value;
    std::memcpy(&value, from, sizeof(V));
    return value;
}

template <typename V> static inline void store(float *to, V value) { std::memcpy(to, &value, sizeof(V)); }

// Call `each(width, first, number)` for vectors that cover channels 0 to C, numbered. One that would stick out starts
// earlier and covers some channels twice, so what is done to a channel must not depend on what was there before.
template <typename Each> static inline void over_channels(i64 C, Each each) {
    i64 c = 0, number = 0;
    for (; c + 16 <= C; c += 16) each(F16(), c, number++);
    if (c == C) return;
    if (C - c > 8 && C >= 16) return each(F16(), C - 16, number);
    if (C - c >= 8) each(F8(), c, number++), c += 8;
    if (c == C) return;
    if (C - c > 4 && C >= 8) return each(F8(), C - 8, number);
    if (C - c >= 4) each(F4(), c, number++), c += 4;
    if (c == C) return;
    if (C >= 4) return each(F4(), C - 4, number);
    for (; c < C; c++) each(float(), c, number++);
}

static inline i64 vectors(i64 C) {
    i64 count = 0;
    over_channels(C, [&](auto, i64, i64) { count++; });
    return count;
}
