const answer = await fetch("/api/v1/me", { headers: { "X-Portreeve-Console": "1" } });
if (answer.status === 401) {
  location.assign("/signin?to=console");
} else {
  const text = document.createElement("p");
  text.textContent = answer.ok ? `Signed in as ${(await answer.json()).subject}` : `The server answers ${answer.status}.`;
  document.getElementById("app").append(text);
}
