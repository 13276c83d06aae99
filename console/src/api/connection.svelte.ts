// Whether the server answers. While it is away, the frame shows a strip that counts down to the next try.

const shortest = 2;
const longest = 30;
/** Whoever answered for so many milliseconds is not the one who is away again and again. */
const steady = 60_000;

let away = $state(false);
let seconds = $state(0);
let epoch = $state(0);
let wait = shortest;
let foundAt = -Infinity;
let timer: ReturnType<typeof setTimeout> | undefined;
let probe: () => Promise<boolean> = async () => false;

function start(after: number): void {
    clearTimeout(timer);
    seconds = after;
    timer = setTimeout(tick, 1000);
}

async function tick(): Promise<void> {
    seconds -= 1;
    if (seconds > 0) {
        timer = setTimeout(tick, 1000);
        return;
    }
    if (await probe()) connection.found();
    else {
        wait = Math.min(wait * 2, longest);
        start(wait);
    }
}

export const connection = {
    get away() {
        return away;
    },
    /** Seconds until the next try. */
    get seconds() {
        return seconds;
    },
    /** Grows each time that the server comes back: pages then load again. */
    get epoch() {
        return epoch;
    },
    /** Notes that the server did not answer; `after` is its own word on when to ask again. */
    lost(after: number | null): void {
        if (away) return;
        away = true;
        wait = Date.now() - foundAt > steady ? shortest : Math.min(wait * 2, longest);
        start(after && after > 0 ? Math.min(after, longest) : wait);
    },
    /**
     * Notes that the server is ready. An answer to one request is not enough: if another one fails at once, everything
     * would be loaded again without end.
     */
    found(): void {
        if (!away) return;
        clearTimeout(timer);
        away = false;
        foundAt = Date.now();
        epoch += 1;
    },
    /** Asks at once. */
    now(): void {
        clearTimeout(timer);
        seconds = 1;
        void tick();
    },
    /** How to ask. */
    use(how: () => Promise<boolean>): void {
        probe = how;
    },
};
