// The waits of the console while the server does not answer.

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { connection } from "../../src/api/connection.svelte";

beforeEach(() => vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => vi.useRealTimers());

test("waits grow while losses follow each other, and start short again after a stable minute", () => {
    const waits = [0, 1, 2, 3, 4, 5].map(() => {
        connection.lost(null);
        const { seconds } = connection;
        connection.found();
        return seconds;
    });
    expect(waits).toEqual([2, 4, 8, 16, 30, 30]);
    vi.advanceTimersByTime(61_000);
    connection.lost(null);
    expect(connection.seconds).toBe(2);
    connection.found();
});

test("a Retry-After header sets the wait, up to 30 seconds", () => {
    for (const [said, waited] of [[7, 7], [600, 30]] as const) {
        vi.advanceTimersByTime(61_000);
        connection.lost(said);
        expect(connection.seconds).toBe(waited);
        connection.found();
    }
});

test("pages load again once for each loss", () => {
    const before = connection.epoch;
    connection.lost(null);
    connection.lost(null);
    connection.found();
    connection.found();
    expect(connection.epoch).toBe(before + 1);
});
