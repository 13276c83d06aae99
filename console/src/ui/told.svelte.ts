// A message about a finished action. It is shown in one line for a few seconds.

const shown = 6000;
let text = $state("");
let timer: ReturnType<typeof setTimeout> | undefined;

export const told = {
    get text() {
        return text;
    },
};

/** Shows a message about a finished action. */
export function tell(done: string): void {
    clearTimeout(timer);
    text = done;
    timer = setTimeout(() => (text = ""), shown);
}
