// The theme that was chosen here, before anything is painted.
if (localStorage.theme) document.documentElement.dataset.theme = localStorage.theme;
