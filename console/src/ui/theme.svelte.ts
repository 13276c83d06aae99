// The theme: the system's, light, or dark. The console stores nothing else in the browser.

export type Theme = "system" | "light" | "dark";
const key = "theme";

function stored(): Theme {
    try {
        const value = localStorage.getItem(key);
        return value === "light" || value === "dark" ? value : "system";
    } catch {
        return "system";
    }
}

let current = $state<Theme>(stored());

export const theme = {
    get current() {
        return current;
    },
    set current(next: Theme) {
        current = next;
        try {
            if (next === "system") localStorage.removeItem(key);
            else localStorage.setItem(key, next);
        } catch {
            // In a browser that stores nothing, the theme lasts until the page is loaded again.
        }
        applyTheme();
    },
};

/** Writes the theme to the root of the document, where app.css reads it. */
export function applyTheme(): void {
    const root = document.documentElement;
    if (current === "system") delete root.dataset.theme;
    else root.dataset.theme = current;
}
