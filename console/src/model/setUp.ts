// The commands to copy for docker, podman and the others. None of them has the key, because shells keep what is typed.

export const tools = ["docker", "podman", "containerd", "kubernetes", "ci"] as const;
export type Tool = (typeof tools)[number];

/** Whether a text is the address of a registry: a host, perhaps with a port. */
export function isRegistry(text: string): boolean {
    const found = /^([A-Za-z0-9_][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_][A-Za-z0-9_-]*)*)(?::(\d{1,5}))?$/.exec(text);
    if (!found || text.length > 255) return false;
    const port = found[2] === undefined ? 443 : Number(found[2]);
    return port > 0 && port < 65_536;
}

/** A text as one word of a POSIX shell, quoted where it must be. */
export function word(text: string): string {
    if (/^[A-Za-z0-9/._:@%+,-][A-Za-z0-9/._:@%+,=-]*$/.test(text)) return text;
    return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A flag with its value. A value that begins with `-` is joined by `=`, else it would be read as a flag. */
const flag = (name: string, value: string) => `${name}${value.startsWith("-") ? "=" : " "}${word(value)}`;

/** The command of a tool that signs in to a registry. */
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
