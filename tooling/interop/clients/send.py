# One message with Python's smtplib. The argument is a JSON object; the answer is one on the standard output.
import json
import smtplib
import ssl
import sys

task = json.loads(sys.argv[1])
with open(task["file"], "rb") as file:
    content = file.read()
try:
    with smtplib.SMTP("127.0.0.1", task["port"], local_hostname="smtplib.test", timeout=60) as smtp:
        if task.get("authority"):
            smtp.starttls(context=ssl.create_default_context(cafile=task["authority"]))
        refused = smtp.sendmail(task["from"], task["to"], content, task["mail"], task["rcpt"])
    print(json.dumps({"sent": True, "output": str(refused)}))
except (smtplib.SMTPException, ssl.SSLError) as error:
    print(json.dumps({"sent": False, "output": repr(error)}))
