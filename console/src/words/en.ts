// Every word that the console shows, in English.

import type { GlobFault, Meaning } from "../model/glob";
import type { Effect } from "../model/plan";
import { count, number } from "./format";

export const en = {
    product: "Portreeve",
    frame: {
        skip: "Skip to the content",
        menu: "Menu",
        closeMenu: "Close the menu",
        navigation: "Pages",
        account: "Your account",
        theme: "Colours",
        themes: { system: "Colours of the system", light: "Light colours", dark: "Dark colours" },
        signOut: "Sign out",
        description: "Description of the API",
        away: "The server does not answer. What you typed is kept.",
        awayNext: (seconds: number) => `Next try in ${count(seconds, "second", "seconds")}.`,
        awayNow: "Try now",
        ended: "You are signed out. What you typed is kept: sign in in a new tab, then go on here.",
        signIn: "Sign in",
        title: (page: string) => `${page} · Portreeve`,
    },
    nav: {
        overview: "Overview",
        explain: "Why denied?",
        access: "Access",
        rules: "Rules",
        whoCan: "Who can",
        users: "Users",
        robots: "Robots",
        groups: "Groups",
        system: "System",
        services: "Registries",
        own: "Yours",
        me: "Your access",
    },
    common: {
        cancel: "Cancel",
        close: "Close",
        save: "Save",
        delete: "Delete",
        add: "Add",
        remove: (what: string) => `Remove ${what}`,
        copy: "Copy",
        copied: "Copied",
        notCopied: "Not copied: select the text and copy it yourself",
        again: "Try again",
        loading: "Loading …",
        of: (shown: number, all: string) => `${number(shown)} of ${all}`,
        more: (rows: number) => `more than ${number(rows)}`,
        filterKey: "( / )",
        none: "none",
        never: "never",
        yes: "yes",
        no: "no",
        optional: "optional",
        clearFilter: "Clear the filter",
        nothingFits: "Nothing fits the filter",
        nothingFitsWhy: "Names are compared without regard to upper and lower case.",
        managedBy: (owner: string) => `Kept by ${owner}: that tool may overwrite a change made here.`,
        shownOnce: "Shown once: copy it now. Nobody can show it again.",
    },
    problem: {
        unreached: "The server was not reached.",
        broken: "This page failed.",
        requestId: "Request",
        signedOut: "You are signed out.",
        fresh: "This needs a sign-in of the last 15 minutes.",
        freshHow: "Sign in in a new tab, then press the button again. What you typed is kept.",
        signIn: "Sign in again",
        stale: "Somebody else changed it while you were editing.",
        theirs: "On the server now",
        yours: "Yours",
        field: "Field",
        takeTheirs: "Take theirs",
        keepYours: "Keep editing yours",
        deleted: "Somebody else deleted it meanwhile.",
        retryAfter: (seconds: number) => `Try again in ${count(seconds, "second", "seconds")}.`,
    },
    notFound: {
        title: "There is no such page",
        why: "The address may be mistyped, or the page may be for administrators only.",
        home: "To the start",
    },
    rules: {
        title: "Rules",
        new: "New rule",
        filter: "Filter by name, subject or repository",
        effects: "Effect",
        all: "All effects",
        allow: "allow",
        deny: "deny",
        off: "off",
        columns: { name: "Rule", effect: "Effect", who: "Who", names: "Repositories", actions: "Actions", tier: "Tier" },
        more: (count: number) => `+${number(count)}`,
        empty: "No rules yet",
        emptyWhy: "Nobody may do anything until a rule allows it.",
    },
    plan: {
        title: "What this changes",
        gains: "gains",
        loses: "loses",
        on: "on",
        at: "at",
        partly: (subject: string, name: string) => `in part, for example ${subject} on ${name}`,
        showAll: (all: number) => `Show all ${number(all)}`,
        omitted: (more: number) => `There are at least ${number(more)} more that are not listed.`,
        nothing: "Nobody gains or loses a right.",
        asking: "Asking the server …",
    },
    rule: {
        newTitle: "New rule",
        inForce: "in force",
        name: "Name",
        nameHint: "Lower case letters, digits, dots, hyphens and underscores. It cannot be changed later.",
        badName: "Begin with a lower case letter or a digit; go on with these and . _ -",
        effect: "Effect",
        allow: "allow",
        deny: "deny (wins within its tier)",
        who: "Who",
        whoHint: "group:NAME, user:NAME, robot:NAME, everyone …",
        badSelector: (text: string, kinds: string[]) => {
            const wide = kinds.includes("group") ? ", or everyone, authenticated, anonymous" : "";
            return `${text}: write ${kinds.map((kind) => `${kind}:NAME`).join(" or ")}${wide}`;
        },
        repositories: "Repositories",
        names: "Names",
        namesHint: "team/* is one segment, team/** is all below",
        meaning: (glob: string, meaning: Meaning): string => {
            switch (meaning.kind) {
                case "every": return "every name";
                case "below": return `all below ${meaning.prefix}/`;
                case "inside": return `one segment below ${meaning.prefix}/`;
                case "exact": return `${meaning.name} alone`;
                case "own": return ownMeaning(meaning.placeholder, meaning.rest);
                case "pattern": return `names like ${glob}`;
            }
        },
        globFault: (glob: string, fault: GlobFault): string => {
            switch (fault) {
                case "empty-segment": return `${glob}: there is nothing before, after or between slashes`;
                case "glued": return `${glob}: ** stands for whole segments, so it needs a slash on both sides`;
                case "placeholder": return `${glob}: the placeholders are \${subject}, \${group} and \${label:KEY}`;
                case "long": return "a pattern has at most 512 bytes";
            }
        },
        actions: "Actions",
        actionsHint: "pull, push, delete, or * for every action",
        badAction: (text: string) => `${text}: actions are lower case`,
        tier: "Tier",
        tierHint: "The highest tier that matches decides alone",
        badPriority: "Write a whole number",
        description: "Description",
        more: "Registries, type, networks, time",
        services: "Registries",
        servicesHint: "* is every registry",
        type: "Type",
        typeHint: "repository, registry, or * for every type",
        networks: "Networks",
        networksHint: "Addresses that requests come from; none means anywhere",
        notBefore: "Holds from",
        notAfter: "Holds until",
        keep: "Keep it",
        missing: (fields: string[]) => `The server tells as soon as there is: ${fields.map((field) => missingWords[field]).join(", ")}.`,
        saveUnseen: "Save without a preview",
        saveEffect: (effect?: Effect) => withEffect("Save", effect),
        deleteEffect: (effect?: Effect) => withEffect("Delete", effect),
        fields: {
            effect: "Effect", enabled: "In force", subjects: "Who", names: "Repositories", actions: "Actions", priority: "Tier",
            services: "Registries", type: "Type", networks: "Networks", not_before: "Holds from", not_after: "Holds until",
            description: "Description",
        },
    },
    explain: {
        title: "Why denied?",
        who: "Who",
        service: "Registry",
        name: "Repository",
        nameHint: "Or a whole scope from a log: repository:team/app:pull,push",
        type: "Type",
        actions: "Wants to",
        more: "From an address, at a time, another type",
        address: "Address",
        addressHint: "Without one, rules with networks do not match",
        at: "Time",
        atHint: "Without one, now",
        ask: "Explain",
        empty: "Ask about somebody and a repository",
        emptyWhy: "The answer shows which rule decides, which rules came near, and what would allow it.",
        granted: "granted",
        denied: "denied",
        by: "by",
        deniesIt: "denies it",
        restricted: "The rules allow it, but the access key is restricted to less.",
        hidden: (tier: number) => `would allow it, but tier ${tier} decides alone, because of`,
        unnamed: (action: string) => `No rule of the deciding tier allows ${action}. There are:`,
        nothing: "No rule allows it.",
        nothingMatches: {
            subject: "None is for this person, robot or group.",
            service: "None is for this registry.",
            type: "None is for this type.",
            name: "None is for this name.",
            action: "None has this action.",
            network: "None is for this network.",
            time: "None holds at this time.",
            tier: "None is in the tier that decides.",
        },
        near: "These rules came near:",
        rule: "Rule",
        says: "What it says",
        fits: "fits",
        not: "does not fit",
        fields: {
            subject: "subject", service: "registry", type: "type", name: "name", network: "network", time: "time", tier: "tier", action: "action",
        },
        join: (subject: string, group: string) => `Add ${bare(subject)} to ${group} …`,
        widen: {
            subjects: (value: string) => `Add ${bare(value)} to it …`,
            names: () => "Add this name to it …",
            actions: (value: string) => `Add ${value} to it …`,
        },
        allowIt: "Allow it: new rule …",
        joinTitle: (subject: string, group: string) => `Add ${subject} to the group ${group}`,
        joinEffect: (effect?: Effect) => withEffect("Add", effect),
        inactive: "Nothing is granted:",
        ignored: "is not answered:",
        askSomebody: "Somebody who administers this server can allow it. Send them this:",
        request: (subject: string, service: string, scope: string) => `${subject} asks for ${scope} at ${service}`,
    },
    whoCan: {
        title: "Who can",
        service: "Registry",
        names: "Repositories",
        actions: "Do what",
        subjects: "Only these users and robots",
        expand: "Show each user and robot instead of groups",
        ask: "Show",
        one: "row",
        other: "rows",
        who: "Who",
        may: "may, by",
        mayNot: "may not",
        whyNot: "may not: why?",
        showMore: (rows: number) => `Show more of ${count(rows, "row", "rows")}`,
        more: "There are more than 1,000 for one of the columns: ask about fewer people or names.",
        empty: "Ask about a repository",
        emptyWhy: "The table shows who may pull, push and delete, and by which rule.",
        nobody: "Nobody may",
        nobodyWhy: "No rule allows any of this to anybody.",
    },
    overview: {
        state: "State",
        well: "All is well",
        look: "Please look at this",
        server: "server",
        servers: "servers",
        asOf: (seq: number) => `rules as of change ${number(seq)}`,
        ends: { ca: "The certificate authority", certificate: "A certificate of a signing key", key: "A signing key" },
        end: "ends",
        ended: "ended",
        counts: "How much there is",
        of: {
            users: { one: "user", other: "users" },
            robots: { one: "robot", other: "robots" },
            groups: { one: "group", other: "groups" },
            rules: { one: "rule", other: "rules" },
            services: { one: "registry", other: "registries" },
        },
        begin: "To begin with",
        steps: <{ page: string; query: Record<string, string>; title: string; why: string }[]>[
            { page: "services", query: {}, title: "Connect a registry", why: "Copy the lines that its configuration needs." },
            { page: "users", query: {}, title: "Add people", why: "Invite them: they choose their own password." },
            { page: "groups", query: {}, title: "Put them into groups", why: "Rules for a group stay right when people come and go." },
            { page: "rules", query: { new: "1" }, title: "Make the first rule", why: "Nobody may do anything until a rule allows it." },
        ],
        about: "This installation",
        version: "Version",
        database: "Database",
        kinds: { sqlite: "SQLite", postgres: "PostgreSQL" } as Record<string, string>,
        started: "Running since",
        replicas: "Servers",
        seen: "seen",
        sessions: "In use",
        key: "access key",
        keys: "access keys",
        login: "sign-in of docker and the like",
        logins: "sign-ins of docker and the like",
    },
};

const bare = (subject: string) => subject.replace(/^[a-z]+:/, "");

const missingWords: Record<string, string> = {
    name: "a name", subjects: "somebody", names: "a repository", actions: "an action", priority: "a tier",
};

/** `Save: 2 rights taken away, 1 given`. */
function withEffect(verb: string, effect?: Effect): string {
    if (!effect || (!effect.given && !effect.taken)) return effect?.more ? `${verb}: many rights change` : verb;
    const about = effect.more ? "at least " : "";
    const taken = effect.taken ? `${about}${count(effect.taken, "right", "rights")} taken away` : "";
    const given = effect.given ? (taken ? `${number(effect.given)} given` : `${about}${count(effect.given, "right", "rights")} given`) : "";
    return `${verb}: ${[taken, given].filter(Boolean).join(", ")}`;
}

function ownMeaning(placeholder: string, rest: string): string {
    const whose =
        placeholder === "subject" ? "their own name" : placeholder === "group" ? "the name of each of their groups" : `their label ${placeholder.slice(6)}`;
    return rest ? `all below ${whose}` : whose;
}
