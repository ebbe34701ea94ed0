// The server, asked one thing at a time.

/** Ask; busy servers are asked again a few times. Throws an Error with the server's one line. */
export async function ask(path, body, tries = 4) {
  const post = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  let response;
  try {
    response = await fetch(path, body === undefined ? {} : post);
  } catch {
    throw new Error("the server does not answer: is swae-text explore still running?");
  }
  if (response.status === 503 && tries > 0) {
    await new Promise((done) => setTimeout(done, 400));
    return ask(path, body, tries - 1);
  }
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error);
  return answer;
}

let questions = 0;

/** Tell those who listen to the page that what they hear will change. */
function busy(change) {
  questions += change;
  document.querySelector("main").setAttribute("aria-busy", String(questions > 0));
}

/**
 * Only the newest question counts: while one is on its way, of those that come only the last is kept.
 * `done` hears every answer, in order, so that text follows a slider while it moves.
 */
export function newest(path, done, failed) {
  let waiting = null;
  let running = false;
  return async function question(body) {
    waiting = body;
    if (running) return;
    running = true;
    busy(1);
    while (waiting !== null) {
      const asked = waiting;
      waiting = null;
      try {
        done(await ask(path, asked), asked);
        failed(null);
      } catch (error) {
        if (waiting === null) failed(error);
      }
    }
    running = false;
    busy(-1);
  };
}
