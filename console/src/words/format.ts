// Formats numbers, times and lists for the reader's locale and time zone.

const languages = typeof navigator === "undefined" ? ["en"] : navigator.languages;
// The texts are English, so dates are English too. The reader's region is kept if it is an English one.
const locale = languages.find((language) => language.startsWith("en")) ?? "en-GB";

const numbers = new Intl.NumberFormat(locale);
const days = new Intl.DateTimeFormat(locale, { dateStyle: "medium" });
const moments = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
const exact = new Intl.DateTimeFormat(locale, { dateStyle: "full", timeStyle: "long" });
const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
const lists = new Intl.ListFormat(locale, { type: "conjunction" });
const plurals = new Intl.PluralRules("en");

export const number = (value: number): string => numbers.format(value);
export const list = (values: string[]): string => lists.format(values);
export const day = (at: string): string => days.format(new Date(at));
export const moment = (at: string): string => moments.format(new Date(at));
export const exactly = (at: string): string => exact.format(new Date(at));

/** Formats a number with its noun: `1 rule`, `2 rules`. */
export function count(value: number, one: string, other: string): string {
    return `${number(value)} ${plurals.select(value) === "one" ? one : other}`;
}

const units: [Intl.RelativeTimeFormatUnit, number][] = [
    ["year", 31_557_600],
    ["month", 2_629_800],
    ["day", 86_400],
    ["hour", 3_600],
    ["minute", 60],
];

/** Formats a time relative to now: `in 3 days`, `2 hours ago`, `now`. */
export function ago(at: string, now: number = Date.now()): string {
    const seconds = (new Date(at).getTime() - now) / 1000;
    for (const [unit, size] of units) {
        if (Math.abs(seconds) >= size) return relative.format(Math.trunc(seconds / size), unit);
    }
    return relative.format(0, "second");
}

/** Formats seconds as `5 minutes`, `12 hours` or `45 seconds`. */
export function duration(seconds: number): string {
    for (const [size, one, other] of [
        [86_400, "day", "days"],
        [3_600, "hour", "hours"],
        [60, "minute", "minutes"],
    ] as const) {
        if (seconds >= size && seconds % size === 0) return count(seconds / size, one, other);
    }
    return count(seconds, "second", "seconds");
}

/** Formats bytes as `1.2 MB`. */
export function bytes(value: number): string {
    const sizes = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];
    const step = Math.min(Math.floor(Math.log10(Math.max(value, 1)) / 3), sizes.length - 1);
    return new Intl.NumberFormat(locale, {
        style: "unit",
        unit: sizes[step]!,
        unitDisplay: step ? "short" : "long",
        maximumFractionDigits: step ? 1 : 0,
    }).format(value / 1000 ** step);
}
