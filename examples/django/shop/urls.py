"""The addresses of the project."""

from django.contrib import admin
from django.urls import include, path
from orders import views

urlpatterns = [
    path("accounts/", include("django.contrib.auth.urls")),
    path("admin/", admin.site.urls),
    path("orders/", views.place),
    path("orders/<int:number>/", views.show),
]
