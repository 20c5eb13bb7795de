# One message with Python's smtplib. The argument is a JSON object; the answer is one on the standard output.
import json
import smtplib
import ssl
import sys

task = json.loads(sys.argv[1])
with open(task["file"], "rb") as file:
    content = file.read()
tls = ssl.create_default_context(cafile=task["authority"]) if task.get("authority") else None
options = {"local_hostname": "smtplib.test", "timeout": 60}
try:
    if task.get("implicitTls"):
        smtp = smtplib.SMTP_SSL("127.0.0.1", task["port"], context=tls, **options)
    else:
        smtp = smtplib.SMTP("127.0.0.1", task["port"], **options)
    with smtp:
        if tls and not task.get("implicitTls"):
            smtp.starttls(context=tls)
        if login := task.get("login"):
            smtp.user, smtp.password = login["user"], login["password"]
            smtp.ehlo()
            smtp.auth(login["mechanism"], getattr(smtp, "auth_" + login["mechanism"].lower()))
        refused = smtp.sendmail(task["from"], task["to"], content, task["mail"], task["rcpt"])
    print(json.dumps({"sent": True, "output": str(refused)}))
except (smtplib.SMTPException, ssl.SSLError) as error:
    print(json.dumps({"sent": False, "output": repr(error)}))
