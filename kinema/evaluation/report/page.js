// Clips play while they are on the screen, unless the reader asked for less motion; their controls show when pointed at.
if (!matchMedia("(prefers-reduced-motion: reduce)").matches && "IntersectionObserver" in window) {
  const watch = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) target.play().catch(() => {});
      else target.pause();
    }
  }, { threshold: 0.4 });
  for (const video of document.querySelectorAll("video")) {
    const show = (shown) => () => { video.controls = shown; };
    video.controls = false;
    video.tabIndex = 0;
    for (const name of ["pointerenter", "focus", "touchstart"]) video.addEventListener(name, show(true), { passive: true });
    for (const name of ["pointerleave", "blur"]) video.addEventListener(name, show(false));
    watch.observe(video);
  }
}
