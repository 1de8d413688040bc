"""The addresses of the site of the tests."""

from django.contrib.auth import views
from django.http import HttpResponse
from django.urls import path

urlpatterns = [
    path("accounts/login/", views.LoginView.as_view(), name="login"),
    path("accounts/logout/", views.LogoutView.as_view()),
    path("me/", lambda request: HttpResponse(request.user.get_username() or "nobody")),
]
