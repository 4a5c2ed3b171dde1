// Threads that share a piece of work, and wait for each other between its parts.
#pragma once
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "micro.h"

#if defined(__x86_64__) || defined(__i386__)
#define REST __builtin_ia32_pause()
#else
#define REST
#endif
#define SPINS 1024 // before a thread that waits lets others have its core

class Team {
public:
    // Let so many threads, or as many as can be had, each do `work(team, number)`.
    template <typename Work> Team(i64 threads, Work work) {
        std::vector<std::thread> others;
        try {
            for (i64 i = 1; i < threads; i++)
                others.emplace_back([this, work, i] {
                    wait_for([this] { return members.load() > 0; });
                    work(*this, i);
                });
        } catch (const std::system_error &) {}
        tell([&] { members = i64(others.size()) + 1; });
        work(*this, 0);
        for (std::thread &other : others) other.join();
    }

    // Take items from 0 to `count` until none is left, and wait for those who still have one.
    template <typename Each> void share(i64 count, Each each) {
        for (i64 item; (item = next.fetch_add(1)) < count;) each(item);
        const i64 now = turn.load();
        if (arrived.fetch_add(1) + 1 < members.load()) return wait_for([this, now] { return turn.load() != now; });
        arrived = 0, next = 0;
        tell([&] { turn = now + 1; });
    }

private:
    std::atomic<i64> members{0}, next{0}, arrived{0}, turn{0};
    std::mutex lock;
    std::condition_variable changed;

    template <typename Is> void wait_for(Is is) {
        for (i64 spins = 0; spins < SPINS; spins++) {
            if (is()) return;
            REST;
        }
        std::unique_lock<std::mutex> held(lock);
        changed.wait(held, is);
    }

    template <typename Change> void tell(Change change) {
        { std::lock_guard<std::mutex> held(lock); change(); }
        changed.notify_all();
    }
};
