// Commands to copy, which sign in clients such as docker and podman. No command contains the access key, because shells
// store typed commands.

export const tools = ["docker", "podman", "containerd", "kubernetes", "ci"] as const;
export type Tool = (typeof tools)[number];

/** Tells whether a text is the address of a registry: a host, perhaps with a port. */
export function isRegistry(text: string): boolean {
    const found = /^([A-Za-z0-9_][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_][A-Za-z0-9_-]*)*)(?::(\d{1,5}))?$/.exec(text);
    if (!found || text.length > 255) return false;
    const port = found[2] === undefined ? 443 : Number(found[2]);
    return port > 0 && port < 65_536;
}

/** Quotes a text for a POSIX shell, if it needs quotes. */
export function word(text: string): string {
    if (/^[A-Za-z0-9/._:@%+,-][A-Za-z0-9/._:@%+,=-]*$/.test(text)) return text;
    return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Returns a flag with its value. A value that begins with `-` follows a `=`: otherwise it would be read as a flag. */
const flag = (name: string, value: string) => `${name}${value.startsWith("-") ? "=" : " "}${word(value)}`;

/** Returns the commands with which a tool signs in a user to a registry, one on each line. */
export function command(tool: Tool, registry: string, user: string): string {
    const host = word(registry);
    const name = flag("--username", user);
    switch (tool) {
        case "docker":
            return `docker login ${host} ${name}`;
        case "podman":
            return `podman login ${host} ${name}`;
        case "containerd":
            return `nerdctl login ${host} ${name}\nctr images pull ${flag("--user", user)} ${host}/REPOSITORY:TAG`;
        case "kubernetes":
            return (
                `read -rs REGISTRY_KEY\nkubectl create secret docker-registry registry-login --docker-server ${host} ` +
                `${flag("--docker-username", user)} --docker-password "$REGISTRY_KEY"`
            );
        case "ci":
            return `printf %s "$REGISTRY_KEY" | docker login ${host} ${name} --password-stdin`;
    }
}
