// What was done, said in one line for a moment.

const shown = 6000;
let text = $state("");
let timer: ReturnType<typeof setTimeout> | undefined;

export const told = {
    get text() {
        return text;
    },
};

/** Says what was done. */
export function tell(done: string): void {
    clearTimeout(timer);
    text = done;
    timer = setTimeout(() => (text = ""), shown);
}
