//! Lists every documented endpoint, for the OpenAPI description and for `tests/endpoints`.

use shared::openapi::Documented;

/// Does something with each endpoint.
pub trait EndpointVisitor {
    /// Visits the endpoint that `executable` serves.
    fn visit<E: Documented>(&mut self, executable: &'static str);
}

macro_rules! endpoints {
    ($($executable:ident::$endpoint:ident = $path:literal,)*) => {
        $(#[path = $path] #[allow(dead_code, reason = "main is not called")] mod $executable;)*

        /// Passes every endpoint to `visitor`, except that of `docs` itself.
        pub fn visit(visitor: &mut impl EndpointVisitor) {
            $(visitor.visit::<$executable::$endpoint>(stringify!($executable));)*
        }
    };
}

endpoints! {
    register::Register = "accounts/register.rs",
    activate::Activate = "accounts/activate.rs",
    activate_resend::ResendActivation = "accounts/activate_resend.rs",
    login::Login = "accounts/login.rs",
    refresh::Refresh = "accounts/refresh.rs",
    logout::Logout = "accounts/logout.rs",
    me::Me = "accounts/me.rs",
    delete_account::DeleteAccount = "accounts/delete_account.rs",
    export_account::ExportAccount = "accounts/export_account.rs",
    password_change::ChangePassword = "accounts/password_change.rs",
    email_change_request::RequestEmailChange = "accounts/email_change_request.rs",
    email_change_complete::CompleteEmailChange = "accounts/email_change_complete.rs",
    list_sessions::ListSessions = "accounts/list_sessions.rs",
    end_session::EndSession = "accounts/end_session.rs",
    end_other_sessions::EndOtherSessions = "accounts/end_other_sessions.rs",
    list_users::ListUsers = "accounts/list_users.rs",
    update_user::UpdateUser = "accounts/update_user.rs",
    list_events::ListEvents = "accounts/list_events.rs",
    password_reset_request::RequestPasswordReset = "accounts/password_reset_request.rs",
    password_reset_complete::CompletePasswordReset = "accounts/password_reset_complete.rs",
    list_movies::ListMovies = "movies/list.rs",
    get_movie::GetMovie = "movies/get.rs",
    create_movie::CreateMovie = "movies/create.rs",
    replace_movie::ReplaceMovie = "movies/replace.rs",
    update_movie::UpdateMovie = "movies/update.rs",
    delete_movie::DeleteMovie = "movies/delete.rs",
    list_genres::ListGenres = "movies/genres.rs",
    list_actors::ListActors = "movies/actors.rs",
    get_actor::GetActor = "movies/actor.rs",
    create_profile::CreateProfile = "profiles/create.rs",
    get_profile::GetProfile = "profiles/get.rs",
    update_profile::UpdateProfile = "profiles/update.rs",
    delete_profile::DeleteProfile = "profiles/delete.rs",
    media::Media = "web/media.rs",
    pages::Pages = "web/pages/main.rs",
}
