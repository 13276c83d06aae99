// Notes whether the server answers. If it does not, the frame shows a strip that counts down to the next try.

const shortest = 2;
const longest = 30;
/** If the server was back for this many milliseconds before it is lost again, the waits start at `shortest` again. */
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
    /** Counts the returns of the server. Pages load again at each return. */
    get epoch() {
        return epoch;
    },
    /** Notes that the server did not answer. `after` is the `Retry-After` of a proxy's answer in seconds, or null. */
    lost(after: number | null): void {
        if (away) return;
        away = true;
        wait = Date.now() - foundAt > steady ? shortest : Math.min(wait * 2, longest);
        start(after && after > 0 ? Math.min(after, longest) : wait);
    },
    /**
     * Notes that the server is ready. Only a successful probe may call this function. If every successful request called
     * it while other requests fail, the pages would load again without end.
     */
    found(): void {
        if (!away) return;
        clearTimeout(timer);
        away = false;
        foundAt = Date.now();
        epoch += 1;
    },
    /** Tries again at once. */
    now(): void {
        clearTimeout(timer);
        seconds = 1;
        void tick();
    },
    /** Sets the probe that asks whether the server is ready. */
    use(how: () => Promise<boolean>): void {
        probe = how;
    },
};
