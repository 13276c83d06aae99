// How long the console waits for a server that is away.

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { connection } from "../../src/api/connection.svelte";

beforeEach(() => vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => vi.useRealTimers());

test("whoever is lost again at once is waited for longer, and after a while as at first", () => {
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

test("the server's own word on when to ask again counts, within bounds", () => {
    for (const [said, waited] of [[7, 7], [600, 30]] as const) {
        vi.advanceTimersByTime(61_000);
        connection.lost(said);
        expect(connection.seconds).toBe(waited);
        connection.found();
    }
});

test("lists load again once for each loss", () => {
    const before = connection.epoch;
    connection.lost(null);
    connection.lost(null);
    connection.found();
    connection.found();
    expect(connection.epoch).toBe(before + 1);
});
