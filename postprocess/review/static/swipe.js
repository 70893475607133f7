// A picture that is pulled to the left or the right, by a finger or a mouse.

const FAR = 70; // pixels from which on letting go counts

export function onSwipe(target, { left, right }) {
  let from = null;

  function pull(distance) {
    target.style.transform = distance ? `translateX(${distance}px) rotate(${distance / 40}deg)` : "";
    target.dataset.pulled = distance > FAR ? "right" : distance < -FAR ? "left" : "";
  }

  target.addEventListener("pointerdown", (event) => {
    if (!event.isPrimary || event.button) return;
    from = event.clientX;
    target.setPointerCapture(event.pointerId);
  });
  target.addEventListener("pointermove", (event) => {
    if (from !== null && event.isPrimary) pull(event.clientX - from);
  });
  target.addEventListener("pointerup", (event) => {
    const distance = from === null || !event.isPrimary ? 0 : event.clientX - from;
    from = null;
    pull(0);
    if (distance > FAR) right();
    if (distance < -FAR) left();
  });
  target.addEventListener("pointercancel", () => {
    from = null;
    pull(0);
  });
}
