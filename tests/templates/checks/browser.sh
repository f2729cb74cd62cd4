# Sourced by run.sh: a screenshot, where the image has a browser.

if has 'test -d /opt/ms-playwright'; then
    check "a screenshot" \
        'echo "<h1>hello</h1>" >/tmp/page.html
         python -m playwright screenshot file:///tmp/page.html /tmp/shot.png && file /tmp/shot.png | grep "PNG image"'
else
    echo "skipped the browser: not in this image"
fi
